/**
 * The rules of checking out: what a customer must fill in, and which Idempotency-Key an attempt has. The key
 * belongs to the content: the same content sent again, after a double click, a lost answer or a reload, keeps
 * its key and makes one order; another content is another attempt.
 */
import { errorAt, type Problem } from "../api/problem.ts";
import type { Customer, NewOrder } from "../api/wire.ts";

export interface Attempt {
  readonly key: string;
  /** The content that the key belongs to. */
  readonly content: string;
}

export type CustomerErrors = Partial<Record<keyof Customer, string>>;

const MAX_NAME_LENGTH = 200;
const MAX_EMAIL_LENGTH = 254;
/** What the service takes, so that nobody learns only from its refusal what to put right; a test compares them. */
const NAME = /^(?=.*[\p{L}\p{N}\p{P}\p{S}])[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u;
const ATOM = "[A-Za-z0-9!#$%&*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const EMAIL = new RegExp(`^(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})+$`);

const NAME_REFUSED = "Please write the name as plain text, on one line.";
const EMAIL_REFUSED =
  "Please enter a plain e-mail address, such as ada@example.com. Accents, quotes and spaces do not work here.";

/** The customer as it is sent: without the blanks that people and keyboards leave around. */
export function trimmed(customer: Customer): Customer {
  return { name: customer.name.trim(), email: customer.email.trim() };
}

/** What has to be put right before the order can be sent; empty when nothing has. */
export function errorsOf({ name, email }: Customer): CustomerErrors {
  const errors: CustomerErrors = {};
  if (name === "") errors.name = "Tell us whom the order is for.";
  else if (Array.from(name).length > MAX_NAME_LENGTH) errors.name = `Please keep it to ${MAX_NAME_LENGTH} characters.`;
  else if (!NAME.test(name)) errors.name = NAME_REFUSED;
  if (email === "") errors.email = "We send the confirmation here.";
  else if (email.length > MAX_EMAIL_LENGTH || !EMAIL.test(email)) errors.email = EMAIL_REFUSED;
  return errors;
}

/** What to put right when the service refused fields all the same: its own words are for programs. */
export function refusedFields(problem: Problem): CustomerErrors {
  return {
    ...(errorAt(problem, "name") === null ? {} : { name: NAME_REFUSED }),
    ...(errorAt(problem, "email") === null ? {} : { email: EMAIL_REFUSED }),
  };
}

/** The attempt that `order` belongs to: the previous one when its content is the same, otherwise one with `newKey`. */
export function attemptFor(order: NewOrder, previous: Attempt | null, newKey: () => string): Attempt {
  const content = JSON.stringify(order);
  return previous?.content === content ? previous : { key: newKey(), content };
}

export function attemptFrom(stored: unknown): Attempt | null {
  const { key, content } = (stored ?? {}) as { key?: unknown; content?: unknown };
  return typeof key === "string" && typeof content === "string" ? { key, content } : null;
}

export function customerFrom(stored: unknown): Customer {
  const { name, email } = (stored ?? {}) as { name?: unknown; email?: unknown };
  return { name: typeof name === "string" ? name : "", email: typeof email === "string" ? email : "" };
}
