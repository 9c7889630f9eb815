/** What the main thread and a database thread say to each other. Calls are answered in their order, so none needs an id. */
import type { ErrorCode } from "../../domain/error-codes.ts";

export type ThreadMode = "write" | "read";

export interface ThreadOptions {
  readonly mode: ThreadMode;
  readonly file: string;
  readonly shards: number;
}

export type Call = readonly [name: string, args: unknown];

/** Opening the file comes first; then the calls of one turn of the main thread's event loop at a time, and the end. */
export type ThreadRequest = "open" | readonly Call[] | "close";

export interface Failure {
  /** Null for a bug. `unavailable` becomes the code of the port that the call belongs to. */
  readonly code: ErrorCode | "unavailable" | null;
  readonly message: string;
  readonly retryable: boolean;
}

export type ThreadAnswer =
  | { readonly type: "opened" }
  | { readonly type: "notOpened"; readonly failure: Failure }
  /** One transaction: the result of each call, and the failures by the call's place among them. */
  | {
      readonly type: "done";
      readonly results: readonly unknown[];
      readonly failures: readonly (readonly [number, Failure])[];
    }
  /** The transaction failed as a whole: nothing of these calls is stored. */
  | { readonly type: "failed"; readonly calls: number; readonly failure: Failure };
