/** The ledger of mails of the embedded default. Mails enter it through the view store, with the projector's checkpoint. */
import type {
  ConfirmationMail,
  FinishedMail,
  MailAttempt,
  MailEntry,
  MailLedger,
  MailOutcome,
  MailState,
  Resend,
} from "../../actors/ports.ts";
import type { SqliteDatabase } from "./database.ts";
import type { LedgerRow } from "./mail-queries.ts";
import type { Cell } from "./open-database.ts";

const CLAIM_CELLS = 8;
const UNREPORTED_CELLS = 3;

/** The `MailLedger` on a SQLite database. */
export function createSqliteMailLedger(database: SqliteDatabase): MailLedger {
  return {
    async claim(request) {
      const cells = await database.write("mails.claim", request);
      const attempts: MailAttempt[] = [];
      for (let i = 0; i < cells.length; i += CLAIM_CELLS) {
        attempts.push({
          shard: cells[i] as number,
          mail: JSON.parse(cells[i + 1] as string) as ConfirmationMail,
          attempt: cells[i + 2] as number,
          queuedAtMs: cells[i + 3] as number,
          unknownAttempts: cells[i + 4] as number,
          resend: resendOf(cells.slice(i + 5, i + CLAIM_CELLS)),
        });
      }
      return attempts;
    },
    async record(outcomes) {
      if (outcomes.length > 0) await database.write("mails.record", outcomes);
    },
    abandon: ({ nowMs, exceptOwner, retryAtMs }) =>
      database.write("mails.abandon", { nowMs, exceptOwner: exceptOwner ?? null, retryAtMs }),
    async unreported(shards, limit) {
      const cells = await database.read("mails.unreported", { shards, limit });
      const finished: FinishedMail[] = [];
      for (let i = 0; i < cells.length; i += UNREPORTED_CELLS) {
        const mail = JSON.parse(cells[i] as string) as ConfirmationMail;
        const outcome = JSON.parse(cells[i + 1] as string) as FinishedMail["outcome"];
        finished.push({ mail, outcome, round: cells[i + 2] as number });
      }
      return finished;
    },
    async counts() {
      const counts: Record<MailState, number> = {
        queued: 0,
        attempting: 0,
        accepted: 0,
        refused: 0,
        deferred: 0,
        unknown: 0,
        dropped: 0,
      };
      const cells = await database.read("mails.counts", undefined);
      for (let i = 0; i < cells.length; i += 2) counts[cells[i] as MailState] = cells[i + 1] as number;
      return counts;
    },
    async get(messageIds) {
      return (await database.read("mails.get", messageIds)).map(entryOf);
    },
    async scan(page) {
      return (await database.read("mails.scan", page)).map(entryOf);
    },
    async list({ filter, limit, after }) {
      return (await database.read("mails.list", { filter, limit, after: after ?? null })).map(entryOf);
    },
    decide: (messageId, decision) => database.write("mails.decide", { messageId, decision }),
  };
}

function resendOf([round, atMs, afterAttempt]: readonly Cell[]): Resend | null {
  if (round === null) return null;
  return { round: round as number, atMs: atMs as number, afterAttempt: afterAttempt as number };
}

function entryOf({ mail, attempts, decisions, ...row }: LedgerRow): MailEntry {
  return {
    ...row,
    customer: (JSON.parse(mail) as ConfirmationMail).customer,
    attempts: attempts.map(([attempt, startedAtMs, outcome]) => ({
      attempt,
      startedAtMs,
      outcome: outcome === null ? null : (JSON.parse(outcome) as MailOutcome),
    })),
    decisions: decisions.map(([decision, keyId, name, reason, atMs]) => ({
      decision,
      operator: { keyId, name },
      reason,
      atMs,
    })),
  };
}
