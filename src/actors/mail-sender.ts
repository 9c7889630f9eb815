/**
 * Sends what the mail queue holds. An attempt is stored in the ledger before the mail leaves, and its outcome
 * after; a crash in between makes the outcome unknown, and the policy decides whether the mail goes out again
 * under its Message-ID, saying that it may be a repeat, or waits for a person. Few attempts are open at once, so few can
 * become unknown. A mail server that cannot be reached is left alone for a while, and no rate is exceeded.
 */
import { createBatcher } from "./batcher.ts";
import { OperationalError } from "./errors.ts";
import { type BreakerState, createMailBreaker } from "./mail-breaker.ts";
import { createMailLeftovers, type MailLeftoversDeps } from "./mail-leftovers.ts";
import { createMailPace } from "./mail-pace.ts";
import { createMailReports } from "./mail-reports.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type {
  Clock,
  MailAnswer,
  MailAttempt,
  MailClaim,
  Mailer,
  MailLedger,
  MailOutcome,
  MessageLog,
  Random,
} from "./ports.ts";
import { backoffMs, createWakeUp } from "./retry.ts";
import { track } from "./tracked-work.ts";

const RETRY = { baseMs: 1_000, maxMs: 15 * 60_000 };
const FAILURE_PAUSE = { baseMs: 100, maxMs: 5_000 };
/** A mail that could not be delivered for so long is given up, as RFC 5321 section 4.5.4.1 advises (4 to 5 days). */
const GIVE_UP_AFTER_MS = 4 * 24 * 3_600_000;
/** A mail server that swallows mails and never says so would get copy after copy: after so many a person decides. */
const MAX_UNKNOWN_ATTEMPTS = 5;
/** Longer than the mailer's own deadline for one mail. */
const LEASE_MS = 120_000;
const IDLE_POLL_MS = 1_000;
const LEASE_CHECK_MS = 30_000;
/** Attempts without a stored outcome, for each that may be at the mail server: storing takes as long as several mails do. */
const UNSTORED_FACTOR = 2;
/** How long to wait for room at most before looking again: mails that are just being queued give theirs back silently. */
const FULL_PAUSE_MS = 50;
/** How long new mails wait for room: one that is claimed as it is put in costs the store a third of one that waits in it. */
const ROOM_WAIT_MS = 100;

export interface MailSenderDeps extends Omit<MailLeftoversDeps, "ledger" | "report"> {
  readonly ledger: MailLedger;
  readonly mailer: Mailer;
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: PipelineMetrics;
  readonly shards: Pick<OwnedShards, "list">;
  /** Names this process in the ledger. */
  readonly owner: string;
  /** True when no other process can hold an attempt, so that all foreign ones are abandoned at start. */
  readonly exclusive: boolean;
  readonly unknownPolicy: "resend" | "hold";
  readonly concurrency: number;
  /** Mails per second that leave this process at most; 0 for as many as there are. */
  readonly ratePerS: number;
}

/** Room for mails that are about to be queued: they need not be looked for, because they are claimed as they are put in. */
export interface MailRoom {
  /** How many of the mails may be claimed. */
  readonly mails: number;
  readonly claim: MailClaim;
  /** Sends the mails that were claimed. */
  send(attempts: readonly MailAttempt[]): void;
  /** Gives the room back that was not used. */
  release(): void;
}

export interface MailSender {
  start(): void;
  /** Looks for due mails now. */
  wake(): void;
  /**
   * Takes room for up to `wanted` new mails: for half of what may be at the mail server at least, or for all of them, or
   * for what there is after a moment. None while older mails wait, which go first.
   */
  reserve(wanted: number): Promise<MailRoom>;
  /** Whether the mail server is used, or left alone because it could not be reached. */
  breakerState(): BreakerState;
  /** Ends after the attempts in progress have their outcome stored. Idempotent. */
  stop(): Promise<void>;
}

/** The outcome of an attempt that was not made. */
const HELD: MailOutcome = {
  type: "unknown",
  response: `held for a person after ${MAX_UNKNOWN_ATTEMPTS} attempts with unknown outcome`,
  retryAtMs: null,
};

interface Finished {
  readonly attempt: MailAttempt;
  readonly outcome: MailOutcome;
}

export function createMailSender(deps: MailSenderDeps): MailSender {
  const { ledger, mailer, log, codec, clock, random, metrics, shards, owner, exclusive, unknownPolicy, concurrency } =
    deps;
  const breaker = createMailBreaker({ clock, random, concurrency });
  const pace = createMailPace({ clock, ratePerS: deps.ratePerS });
  const wakeUp = createWakeUp(clock);
  const retryPause = createWakeUp(clock);
  const placeFreed = createWakeUp(clock);
  const placeForNew = createWakeUp(clock);
  /** Attempts without a stored outcome. */
  const open = new Set<Promise<void>>();
  let stopping = false;
  let running: Promise<void> | null = null;
  let lastLeaseCheckMs = 0;
  let reserved = 0;
  /** Attempts that the mail server has not answered yet. */
  let sending = 0;
  /** True until a look into the ledger has found less than there was room for. */
  let olderMailsWait = true;

  /** Runs an operation until it succeeds: an outcome that is known must not be lost to a store that fails for a while. */
  const persist = async (operation: () => Promise<void>): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await operation();
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        metrics.error(error.code, "mail-sender");
        if (stopping && attempt > 3) return;
        await retryPause.wait(backoffMs(FAILURE_PAUSE, attempt, random));
      }
    }
  };

  const reports = createMailReports({ log, codec, clock, persist });

  /** Stores the outcomes that came in, those of one moment together, and tells the orders about final ones. */
  const store = async (batch: readonly Finished[]): Promise<void> => {
    await persist(() =>
      ledger.record(
        batch.map(({ attempt: { mail, attempt }, outcome }) => ({ messageId: mail.messageId, attempt, outcome })),
      ),
    );
    const final = batch.flatMap(({ attempt: { mail, resend }, outcome: { type, response } }) =>
      type === "accepted" || type === "refused"
        ? [{ mail, outcome: { type, response }, round: resend?.round ?? 0 } as const]
        : [],
    );
    reports.add(final);
  };
  const outcomes = createBatcher(store);

  const send = async (attempt: MailAttempt): Promise<MailOutcome> => {
    sending += 1;
    try {
      const answer = await mailer.send(attempt.mail, attempt.unknownAttempts > 0);
      if (answer.type === "unknown" || (answer.type === "deferred" && answer.unreachable)) breaker.failed();
      else breaker.answered();
      return outcomeOf(attempt, answer);
    } finally {
      sending -= 1;
      tellRoom();
    }
  };

  const tellRoom = (): void => {
    placeFreed.wake();
    placeForNew.wake();
  };

  const deliver = async (attempt: MailAttempt): Promise<void> => {
    const outcome = isExhausted(attempt) ? HELD : await send(attempt);
    metrics.mail(outcome.type, (clock.nowMs() - attempt.queuedAtMs) / 1_000);
    await outcomes.add({ attempt, outcome });
  };

  const begin = (attempts: readonly MailAttempt[]): void => {
    for (const attempt of attempts) track(open, deliver(attempt), tellRoom);
  };

  const outcomeOf = (attempt: MailAttempt, answer: MailAnswer): MailOutcome => {
    const { type, response } = answer;
    if (type === "accepted" || type === "refused") return { type, response };
    const nowMs = clock.nowMs();
    const wantedSinceMs = attempt.resend?.atMs ?? attempt.queuedAtMs;
    if (type === "deferred" && nowMs - wantedSinceMs > GIVE_UP_AFTER_MS) {
      return { type: "refused", response: `given up after ${attempt.attempt} attempts: ${response}` };
    }
    const retryAtMs = nowMs + backoffMs(RETRY, attempt.attempt, random);
    if (type === "deferred") return { type, response, retryAtMs };
    return { type, response, retryAtMs: unknownPolicy === "resend" ? retryAtMs : null };
  };

  const abandon = async (everyOtherOwner: boolean): Promise<void> => {
    const nowMs = clock.nowMs();
    lastLeaseCheckMs = nowMs;
    const retryAtMs = unknownPolicy === "resend" ? nowMs : null;
    const lost = await ledger.abandon({ nowMs, retryAtMs, ...(everyOtherOwner ? { exceptOwner: owner } : {}) });
    for (const _ of lost) metrics.mail("unknown", 0);
  };

  const tellLeftovers = createMailLeftovers({ ...deps, report: reports.send });
  const reportLeftovers = (): Promise<void> => tellLeftovers(shards.list());

  /** Claims what is due and sends it; returns false when nothing more is due now. */
  const step = async (): Promise<boolean> => {
    const nowMs = clock.nowMs();
    if (nowMs - lastLeaseCheckMs > LEASE_CHECK_MS) {
      await abandon(false);
      await reportLeftovers();
    }
    const widest = widestRoom();
    if (widest === 0) {
      olderMailsWait = true;
      return false;
    }
    const limit = room();
    // A look for one mail costs the store as much as a look for many.
    if (limit < widest / 2) {
      olderMailsWait = true;
      await placeFreed.wait(FULL_PAUSE_MS);
      return true;
    }
    const owned = shards.list();
    if (owned.length === 0) return false;
    const attempts = await ledger.claim({ ...claimAt(nowMs), shards: owned, limit });
    pace.take(attempts.length);
    begin(attempts);
    olderMailsWait = attempts.length === limit;
    placeForNew.wake();
    return olderMailsWait;
  };

  /** A place is free again once the mail server has answered; outcomes that are being stored are bounded apart. */
  const room = (): number => {
    const atServer = Math.min(breaker.window() - sending, UNSTORED_FACTOR * concurrency - open.size) - reserved;
    return Math.min(atServer, pace.free());
  };
  const widestRoom = (): number => Math.min(breaker.window(), pace.burst);

  /** Waits a moment for room that is worth a write. */
  const roomFor = async (wanted: number): Promise<void> => {
    const giveUpMs = clock.nowMs() + ROOM_WAIT_MS;
    for (;;) {
      const enough = Math.min(wanted, Math.ceil(widestRoom() / 2));
      const leftMs = giveUpMs - clock.nowMs();
      const isThere = !olderMailsWait && room() >= enough;
      if (stopping || isThere || widestRoom() === 0 || leftMs <= 0) return;
      await placeForNew.wait(leftMs);
    }
  };

  const claimAt = (nowMs: number): MailClaim => ({ owner, nowMs, leaseUntilMs: nowMs + LEASE_MS });

  const loop = async (): Promise<void> => {
    await persist(() => abandon(exclusive));
    await persist(reportLeftovers);
    for (let failures = 0; !stopping; ) {
      try {
        const more = await step();
        failures = 0;
        if (!more && !stopping) await wakeUp.wait(IDLE_POLL_MS);
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        failures += 1;
        metrics.error(error.code, "mail-sender");
        await retryPause.wait(backoffMs(FAILURE_PAUSE, failures, random));
      }
    }
    await Promise.all(open);
    await reports.drain();
  };

  return {
    start() {
      running = loop();
    },
    wake: () => wakeUp.wake(),
    async reserve(wanted) {
      await roomFor(wanted);
      const mails = stopping || olderMailsWait ? 0 : Math.max(0, Math.min(wanted, room()));
      let unused = mails;
      reserved += mails;
      pace.take(mails);
      const release = (used = 0): void => {
        reserved -= unused;
        pace.giveBack(unused - Math.min(used, unused));
        unused = 0;
      };
      return {
        mails,
        claim: claimAt(clock.nowMs()),
        send(attempts) {
          release(attempts.length);
          begin(attempts);
        },
        release: () => release(),
      };
    },
    breakerState: () => breaker.state(),
    async stop() {
      stopping = true;
      wakeUp.wake();
      retryPause.wake();
      reports.hurry();
      tellRoom();
      // The mailer gives attempts in progress a moment and then ends them, so that their outcome is stored.
      await Promise.all([running, mailer.stop()]);
    },
  };
}

/** So many copies may be out already that a person decides; a person's decision stands for one more. */
function isExhausted({ attempt, unknownAttempts, resend }: MailAttempt): boolean {
  const isDecided = resend !== null && attempt === resend.afterAttempt + 1;
  return unknownAttempts >= MAX_UNKNOWN_ATTEMPTS && !isDecided;
}
