/**
 * What a failed delivery means for the mail. Only a complete reply of the server to this mail's own envelope or
 * body settles it; whatever else happened after the body may have left is unknown, never guessed.
 */
import type { MailAnswer } from "../../actors/ports.ts";
import { singleLine } from "./mailbox.ts";

export type SendOutcome = MailAnswer;

/** How one delivery over one connection ended. */
export type Delivery =
  | { readonly type: "accepted"; readonly response: string }
  /** `bodyLeft`: the server had asked for the body, so that it may have all of it. */
  | { readonly type: "failed"; readonly error: SmtpFailure; readonly bodyLeft: boolean };

/** The parts of nodemailer's error that tell where it failed. */
export interface SmtpFailure {
  readonly message: string;
  /** `EENVELOPE` and `EMESSAGE` are replies to the mail; the rest is about the connection or the session. */
  readonly code?: string | undefined;
  readonly command?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
}

/** Permanent replies about the session: bad sequence, login or encryption wanted, login refused. */
const SESSION_REPLIES: ReadonlySet<number> = new Set([503, 530, 534, 535, 538]);
/** The server closes the connection, whatever it was asked. */
const SERVICE_NOT_AVAILABLE = 421;
const LONGEST_RESPONSE = 500;

export function outcomeOf(delivery: Delivery): SendOutcome {
  if (delivery.type === "accepted") return { type: "accepted", response: shown(delivery.response) };
  const { error, bodyLeft } = delivery;
  const type = typeOf(error, bodyLeft);
  const response = shown(error.response ?? error.message);
  return type === "deferred" && isAboutServer(error) ? { type, response, unreachable: true } : { type, response };
}

/** True when the server could not be talked to, or says that it takes no mail at all for now. */
function isAboutServer({ code, responseCode }: SmtpFailure): boolean {
  const isReplyToMail = code === "EENVELOPE" || code === "EMESSAGE";
  return !isReplyToMail || responseCode === SERVICE_NOT_AVAILABLE;
}

/** True when the connection was lost before the server said anything about this mail, and before its body left. */
export function lostBeforeReply(delivery: Delivery): boolean {
  return delivery.type === "failed" && !delivery.bodyLeft && delivery.error.responseCode === undefined;
}

function typeOf(error: SmtpFailure, bodyLeft: boolean): "refused" | "deferred" | "unknown" {
  const { code, command, responseCode = 0 } = error;
  const isReplyToMail = code === "EENVELOPE" || code === "EMESSAGE";
  if (isReplyToMail && responseCode >= 400 && responseCode < 600) {
    // MAIL FROM names the shop's own sender, the same in every mail: what is wrong with it is not this mail's fault.
    const isAboutMail = command !== "MAIL FROM" && !SESSION_REPLIES.has(responseCode);
    return responseCode >= 500 && isAboutMail ? "refused" : "deferred";
  }
  return bodyLeft ? "unknown" : "deferred";
}

function shown(response: string): string {
  return singleLine(response).slice(0, LONGEST_RESPONSE);
}
