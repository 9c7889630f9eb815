/**
 * Tells orders what became of their mails. The mails are out by then, and a request for each would be dear, so reports wait
 * a moment for company. They are repeated until the log has them, and do not wait for each other: a broker that is away
 * has only some of the shards.
 */
import type { RecordMail } from "../domain/messages.ts";
import { createBatcher } from "./batcher.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { Clock, FinishedMail, MessageLog } from "./ports.ts";
import { createWakeUp } from "./retry.ts";
import { track } from "./tracked-work.ts";

const GATHER_MS = 100;
const SENT_AT_ONCE = 500;

export interface MailReports {
  /** Tells of mails soon, however often it takes. */
  add(mails: readonly FinishedMail[]): void;
  /** Tells of mails now, once. Resolves when the orders are sure to hear of them. @throws OperationalError of the log. */
  send(mails: readonly FinishedMail[]): Promise<void>;
  /** Waits for company no more. */
  hurry(): void;
  /** Resolves when all is told that was added. */
  drain(): Promise<void>;
}

/** The message; the same for the same outcome, so that telling twice has no effect. */
export function reportOf({ mail, outcome, round }: FinishedMail): RecordMail {
  const { orderId, kind, messageId } = mail;
  const { type, response } = outcome;
  const report = { type: "RecordMail", orderId, kind, messageId, outcome: type, response } as const;
  return round === 0 ? report : { ...report, round };
}

/** @param persist runs an operation until it succeeds. */
export function createMailReports(deps: {
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly persist: (operation: () => Promise<void>) => Promise<void>;
}): MailReports {
  const { log, codec, clock, persist } = deps;
  const company = createWakeUp(clock);
  const open = new Set<Promise<void>>();
  let hurried = false;

  const send: MailReports["send"] = async (mails) => {
    if (mails.length > 0) await log.produce(mails.map((mail) => codec.encode(reportOf(mail))));
  };

  const gathered = createBatcher<readonly FinishedMail[]>(
    async (batch) => {
      const mails = batch.flat();
      for (let from = 0; from < mails.length; from += SENT_AT_ONCE) {
        const some = mails.slice(from, from + SENT_AT_ONCE);
        track(
          open,
          persist(() => send(some)),
        );
      }
    },
    async () => {
      if (!hurried) await company.wait(GATHER_MS);
    },
  );

  return {
    add(mails) {
      if (mails.length > 0) track(open, gathered.add(mails));
    },
    send,
    hurry() {
      hurried = true;
      company.wake();
    },
    async drain() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}
