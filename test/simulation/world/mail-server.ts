/** The mail server, and what it makes of each mail: taken, put off, refused, or the connection breaks before or after. */
import type { ConfirmationMail, Mailer } from "../../../src/actors/ports.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import type { CallFaults } from "./call-faults.ts";
import type { Network } from "./network.ts";

type Answer = Awaited<ReturnType<Mailer["send"]>>;

export interface MailServer {
  /** The mailer of one process. */
  mailerFor(life: Life): Mailer;
  /** How many mails the server itself has made two of. */
  doubled(): number;
}

/** A stop waits so long for sends in progress. */
const STOP_MS = 2_000;

/** @param onDelivered is told of every mail that reaches its customer, however often. */
export function createMailServer(deps: {
  readonly kernel: Timeline;
  readonly luck: Luck;
  readonly network: Network;
  readonly faults: CallFaults;
  readonly maxLatencyMs: number;
  readonly onDelivered: (mail: ConfirmationMail) => void;
}): MailServer {
  const { kernel, luck, network, faults, maxLatencyMs, onDelivered } = deps;
  const latencyMs = (what: string, mail: ConfirmationMail): number =>
    luck.between(0, 2 * maxLatencyMs, what, mail.messageId);
  let doubled = 0;

  /** What the server does with a mail that arrives now, and what it answers; the answer may take a while. */
  const take = (mail: ConfirmationMail): { answer: Answer; delayMs: number } => {
    if (network.isDown("mail")) {
      return { answer: { type: "deferred", response: "421 not now", unreachable: true }, delayMs: 0 };
    }
    const fault = faults.ofMail();
    switch (fault?.mode) {
      case "deferred":
        return { answer: { type: "deferred", response: "451 later" }, delayMs: 0 };
      case "refused":
        return { answer: { type: "refused", response: "550 no such user" }, delayMs: 0 };
      case "lostUnknown":
        return { answer: { type: "unknown", response: "the connection broke" }, delayMs: 0 };
      case "sentUnknown":
        onDelivered(mail);
        return { answer: { type: "unknown", response: "the connection broke" }, delayMs: 0 };
      case "twice":
        doubled += 1;
        onDelivered(mail);
        kernel.after(fault.delayMs, () => onDelivered(mail));
        return { answer: ACCEPTED, delayMs: 0 };
      case "slow":
        onDelivered(mail);
        return { answer: ACCEPTED, delayMs: fault.delayMs };
      case undefined:
        onDelivered(mail);
        return { answer: ACCEPTED, delayMs: 0 };
    }
  };

  return {
    doubled: () => doubled,
    mailerFor(life) {
      const open = new Set<(answer: Answer) => void>();
      let stopped: Promise<void> | null = null;
      return {
        send: (mail) =>
          new Promise((resolve) => {
            const finish = (answer: Answer): void => {
              open.delete(finish);
              resolve(answer);
            };
            open.add(finish);
            kernel.after(latencyMs("mail", mail), () => {
              const { answer, delayMs } = take(mail);
              kernel.after(latencyMs("mail back", mail) + delayMs, () => life.deliver(() => finish(answer)));
            });
          }),
        stop() {
          stopped ??= new Promise((resolve) => {
            kernel.after(open.size === 0 ? 0 : STOP_MS, () =>
              life.deliver(() => {
                for (const finish of open) finish({ type: "unknown", response: "broken off by a stop" });
                resolve();
              }),
            );
          });
          return stopped;
        },
      };
    },
  };
}

const ACCEPTED: Answer = { type: "accepted", response: "250 OK" };
