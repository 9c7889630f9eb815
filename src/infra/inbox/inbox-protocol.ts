/** What the dev inbox's worker thread and the main thread say to each other. */
import type { InboxMail, InboxPage } from "../../actors/inbox-reader.ts";

export interface InboxWorkerData {
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly capacity: number;
}

/** The questions, and what answers them. */
export interface InboxCalls {
  readonly list: {
    readonly ask: { readonly limit: number; readonly after?: string; readonly orderId?: string };
    readonly answer: InboxPage;
  };
  readonly get: { readonly ask: { readonly id: string }; readonly answer: InboxMail | null };
  readonly count: { readonly ask: Record<string, never>; readonly answer: number };
  /** Answered once the port is free and the file is closed; the thread then ends. */
  readonly stop: { readonly ask: Record<string, never>; readonly answer: null };
}

export type InboxCall = keyof InboxCalls;

export interface InboxRequest<Call extends InboxCall = InboxCall> {
  readonly id: number;
  readonly call: Call;
  readonly ask: InboxCalls[Call]["ask"];
}

export type InboxReply =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "unstartable"; readonly step: "open" | "listen"; readonly code: string; readonly message: string }
  | { readonly type: "answer"; readonly id: number; readonly answer: InboxCalls[InboxCall]["answer"] }
  | { readonly type: "failed"; readonly id: number; readonly message: string };
