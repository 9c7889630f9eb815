/** Carries a cart through ordering and paying. Everything that a repeat must not double is kept across reloads. */
import { useRef, useState } from "preact/hooks";
import { payOrder, placeOrder } from "../api/client.ts";
import { PAGE_FAILED, type Problem } from "../api/problem.ts";
import type { Customer, PlacedOrder } from "../api/wire.ts";
import { useAnnounce } from "../shell/announcer.tsx";
import { trackerPath } from "../shell/route.ts";
import { navigate } from "../shell/router.tsx";
import { useStored } from "../shell/stored.ts";
import { useRecentOrders } from "../tracker/recent-orders.tsx";
import { type Cart, EMPTY_CART } from "./cart.ts";
import {
  attemptFor,
  attemptFrom,
  type CustomerErrors,
  customerFrom,
  errorsOf,
  refusedFields,
  trimmed,
} from "./checkout.ts";

export interface Checkout {
  readonly customer: Customer;
  readonly errors: CustomerErrors;
  /** The order that waits for its payment; null while there is none. */
  readonly placed: PlacedOrder | null;
  readonly isSending: boolean;
  readonly problem: Problem | null;
  edit(change: Partial<Customer>): void;
  /** @returns the fields to put right, when there are any. */
  place(): Promise<CustomerErrors>;
  pay(): Promise<void>;
  /** Leaves the order unpaid for now and goes to its tracker. */
  payLater(): void;
}

export function useCheckout(cart: Cart, updateCart: (change: (cart: Cart) => Cart) => void): Checkout {
  const [customer, updateCustomer] = useStored("orderloom.customer", customerFrom);
  const [attempt, updateAttempt] = useStored("orderloom.attempt", attemptFrom);
  const [errors, setErrors] = useState<CustomerErrors>({});
  const [placed, setPlaced] = useState<PlacedOrder | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { isSending, once } = useOnce((error) => {
    setProblem(PAGE_FAILED);
    reportError(error);
  });
  const { remember } = useRecentOrders();
  const announce = useAnnounce();

  const edit = (change: Partial<Customer>) => {
    updateCustomer((current) => ({ ...current, ...change }));
    setErrors((current) => Object.fromEntries(Object.entries(current).filter(([field]) => !(field in change))));
  };

  const place = async (): Promise<CustomerErrors> => {
    const order = { customer: trimmed(customer), items: cart };
    const invalid = errorsOf(order.customer);
    setErrors(invalid);
    setProblem(null);
    if (Object.keys(invalid).length > 0) return invalid;

    const sent = attemptFor(order, attempt, randomKey);
    updateAttempt(() => sent);
    const answer = await placeOrder(order, sent.key);
    if (answer.type === "problem") {
      const refused = refusedFields(answer.problem);
      setErrors(refused);
      setProblem(Object.keys(refused).length === 0 ? answer.problem : null);
      if (answer.problem.code === "idempotency_key_reused") updateAttempt(() => null);
      return refused;
    }
    const { orderId, status, total } = answer.value;
    updateAttempt(() => null);
    updateCart(() => EMPTY_CART);
    remember({ orderId, status, total, placedAt: new Date().toISOString() });
    if (status === "accepted" || status === "received") setPlaced(answer.value);
    else navigate(trackerPath(orderId));
    announce("Order placed. It now waits for your payment.");
    return {};
  };

  const pay = async (): Promise<void> => {
    if (placed === null) return;
    setProblem(null);
    const answer = await payOrder(placed.orderId, placed.total);
    if (answer.type === "problem") setProblem(answer.problem);
    else navigate(trackerPath(placed.orderId));
  };

  return {
    customer,
    errors,
    placed,
    isSending,
    problem,
    edit,
    place: () => once(place, {}),
    pay: () => once(pay, undefined),
    payLater: () => placed && navigate(trackerPath(placed.orderId)),
  };
}

/**
 * Runs one thing at a time: what is asked for meanwhile, by a double click for example, is dropped. What it throws goes
 * to `onError`, so that no button ever does nothing in silence.
 */
function useOnce(onError: (error: unknown) => void) {
  const isRunning = useRef(false);
  const [isSending, setSending] = useState(false);
  const once = async <T>(run: () => Promise<T>, otherwise: T): Promise<T> => {
    if (isRunning.current) return otherwise;
    isRunning.current = true;
    setSending(true);
    try {
      return await run();
    } catch (error) {
      onError(error);
      return otherwise;
    } finally {
      isRunning.current = false;
      setSending(false);
    }
  };
  return { isSending, once };
}

/** Not `crypto.randomUUID`: browsers have that on HTTPS alone, and a phone in the same network comes by plain HTTP. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
