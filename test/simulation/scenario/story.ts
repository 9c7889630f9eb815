/** What a story is: everything that happens around one order, told by what its people do. */
import type { RequestedItem } from "../../../src/domain/catalogue.ts";
import type { Money } from "../../../src/domain/money.ts";
import type { Chance } from "../engine/chance.ts";
import type { Op, Settings } from "./scenario.ts";

type Timeless<T> = T extends unknown ? Omit<T, "order"> : never;
/** `order` only where an act is about another order than its story. */
export type Act = Timeless<Op> & { readonly order?: string };

/** What a story is made of: an order, its price, and when it is submitted. */
export interface Cast {
  readonly chance: Chance;
  readonly settings: Settings;
  readonly key: string;
  readonly items: readonly RequestedItem[];
  readonly totalMinor: number;
  readonly submitMs: number;
  submit(changes?: Partial<Extract<Act, { type: "submit" }>>): Act;
  pay(amount: Money | number, changes?: Partial<Extract<Act, { type: "pay" }>>): Act;
  refund(amount: Money | number, changes?: Partial<Extract<Act, { type: "refund" }>>): Act;
  cancel(changes?: Partial<Extract<Act, { type: "cancel" }>>): Act;
  decide(paymentId: string, changes?: Partial<Extract<Act, { type: "decide" }>>): Act;
  /** So long after the submission, and a little. */
  later(ms: number): number;
}

export type Story = (cast: Cast) => readonly Act[];
