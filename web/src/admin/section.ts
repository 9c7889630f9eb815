/** A part of the console: where it is, what it is called, who may open it, and its page. */
import type { ComponentType } from "preact";

/** Each may do what those before it may. */
export const ROLES = ["viewer", "support", "operator"] as const;
export type Role = (typeof ROLES)[number];

export interface Operator {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
}

export interface SectionProps {
  /** Who is signed in. */
  readonly operator: Operator;
  /** The parts of the address after /admin/<path>. */
  readonly rest: readonly string[];
}

export interface Section {
  /** The section is at /admin/<path>. */
  readonly path: string;
  readonly title: string;
  /** The lowest role that may open it; viewers may when it is left out. */
  readonly role?: Role;
  readonly Page: ComponentType<SectionProps>;
}

/** True when an operator's role includes what `needed` may do. The service decides; this only spares dead ends. */
export function mayActAs(operator: Operator, needed: Role): boolean {
  return ROLES.indexOf(operator.role) >= ROLES.indexOf(needed);
}
