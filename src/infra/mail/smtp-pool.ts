/**
 * A bounded pool of SMTP sessions. Every message has a deadline of its own from the moment it is given to the pool,
 * since a socket's timeout only notices silence. A session that failed in any way is never used again.
 */
import type { Clock } from "../../actors/ports.ts";
import type { SmtpConnection } from "./smtp-connection.ts";
import { type Delivery, lostBeforeReply, outcomeOf, type SendOutcome } from "./smtp-outcome.ts";
import type { Envelope } from "./smtp-session.ts";

export interface SmtpPoolState {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface SmtpPoolDeps {
  /** Makes a session that connects when it is used; `onEnd` tells that it is over. */
  readonly connect: (onEnd: () => void) => SmtpConnection;
  readonly clock: Clock;
  readonly connections: number;
  /** A session is renewed after so many messages: servers limit them, and load spreads over their addresses. */
  readonly messagesPerConnection: number;
  readonly idleMs: number;
  readonly deadlineMs: number;
  /** Called when the numbers change. */
  readonly onChange: (state: SmtpPoolState) => void;
}

export interface SmtpPool {
  /** Sends a message to one address. Never rejects. */
  send(envelope: Envelope, message: Buffer): Promise<SendOutcome>;
  /** Lets the sends in progress end, breaks them off after some seconds, and closes all sessions. Idempotent. */
  stop(): Promise<void>;
}

interface Session {
  readonly connection: SmtpConnection;
  readonly over: Promise<void>;
  sent: number;
  isOver: boolean;
  /** Of the timer that ends it: while it is idle, or after goodbye. */
  cancelTimer: () => void;
}

interface Job {
  readonly envelope: Envelope;
  readonly message: Buffer;
  readonly settle: (outcome: SendOutcome) => void;
  session: Session | null;
  /** Why it was broken off; null while it may go on. */
  brokenOff: string | null;
}

const LONGEST_QUEUE = 10_000;
/** How long sends in progress may go on once the service stops. */
const STOP_GRACE_MS = 5_000;
/** How long a server has to answer QUIT. */
const GOODBYE_MS = 1_000;

export function createSmtpPool(deps: SmtpPoolDeps): SmtpPool {
  const { connect, clock, connections, messagesPerConnection, idleMs, deadlineMs, onChange } = deps;
  const queue: Job[] = [];
  const jobs = new Map<Job, Promise<SendOutcome>>();
  const sessions = new Set<Session>();
  let idle: Session[] = [];
  let busy = 0;
  let isStopping = false;

  const changed = () => onChange({ busy, idle: idle.length, waiting: queue.length });

  const openSession = (): Session => {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const connection = connect(() => {
      session.isOver = true;
      session.cancelTimer();
      sessions.delete(session);
      idle = idle.filter((other) => other !== session);
      changed();
      resolve();
    });
    const session: Session = { connection, over, sent: 0, isOver: false, cancelTimer: () => {} };
    sessions.add(session);
    return session;
  };

  /** Says goodbye, and hangs up on a server that does not answer it. */
  const retire = (session: Session): void => {
    idle = idle.filter((other) => other !== session);
    session.cancelTimer();
    session.cancelTimer = clock.schedule(GOODBYE_MS, () => session.connection.close());
    session.connection.quit();
    changed();
  };

  const deliver = async (session: Session, job: Job): Promise<Delivery> => {
    session.cancelTimer();
    session.sent += 1;
    job.session = session;
    const delivery = await session.connection.send(job.envelope, job.message);
    if (session.isOver) return delivery;
    if (delivery.type === "failed") {
      session.connection.close();
    } else if (isStopping || session.sent >= messagesPerConnection) {
      retire(session);
    } else {
      idle.push(session);
      session.cancelTimer = clock.schedule(idleMs, () => retire(session));
    }
    return delivery;
  };

  const run = async (job: Job): Promise<void> => {
    busy += 1;
    const reused = idle.pop();
    changed();
    let delivery = await deliver(reused ?? openSession(), job);
    // A server may close an idle session at any moment: that says nothing about the mail, so a fresh one is tried.
    const isStale = reused !== undefined && lostBeforeReply(delivery) && job.brokenOff === null;
    if (isStale) delivery = await deliver(openSession(), job);
    const outcome = outcomeOf(delivery);
    job.settle(
      job.brokenOff === null || outcome.type === "accepted" ? outcome : { ...outcome, response: job.brokenOff },
    );
    busy -= 1;
    changed();
    pump();
  };

  const pump = (): void => {
    while (busy < connections) {
      const job = queue.shift();
      if (job === undefined) return;
      void run(job);
    }
  };

  /** Ends a job: closing its session makes its delivery fail where it stands. */
  const breakOff = (job: Job, reason: string): void => {
    job.brokenOff ??= reason;
    if (job.session !== null) {
      job.session.connection.close();
      return;
    }
    queue.splice(queue.indexOf(job), 1);
    job.settle({ type: "deferred", response: `no SMTP connection was free, and ${reason}` });
  };

  const enqueue = async (job: Job, outcome: Promise<SendOutcome>): Promise<SendOutcome> => {
    const late = `the mail server did not finish within ${deadlineMs} ms`;
    const cancelDeadline = clock.schedule(deadlineMs, () => breakOff(job, late));
    // A mail that begins with little time left would be broken off in the middle, and nobody would know its outcome.
    const cancelWait = clock.schedule(deadlineMs / 2, () => {
      if (job.session === null) breakOff(job, `its turn did not come within ${deadlineMs / 2} ms`);
    });
    queue.push(job);
    pump();
    await outcome;
    cancelDeadline();
    cancelWait();
    jobs.delete(job);
    return outcome;
  };

  return {
    async send(envelope, message) {
      if (isStopping) return { type: "deferred", response: "the mailer is stopping" };
      if (queue.length >= LONGEST_QUEUE) return { type: "deferred", response: "too many mails wait for a connection" };
      const { promise, resolve } = Promise.withResolvers<SendOutcome>();
      const job: Job = { envelope, message, settle: resolve, session: null, brokenOff: null };
      const outcome = enqueue(job, promise);
      jobs.set(job, outcome);
      return outcome;
    },
    async stop() {
      isStopping = true;
      const cancelGrace = clock.schedule(STOP_GRACE_MS, () => {
        for (const job of jobs.keys()) breakOff(job, "the service stopped before the mail server had finished");
      });
      await Promise.all(jobs.values());
      cancelGrace();
      for (const session of idle) retire(session);
      await Promise.all([...sessions].map(({ over }) => over));
    },
  };
}
