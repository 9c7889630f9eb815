/** The audit of the embedded default. */
import type { ActLog, OperatorAct } from "../../actors/operators.ts";
import type { SqliteDatabase } from "./database.ts";

/** The `ActLog` on a SQLite database. */
export function createSqliteActLog(database: SqliteDatabase): ActLog {
  return {
    append: (act) => database.write("acts.append", { actId: act.actId, target: act.target, act: JSON.stringify(act) }),
    async list({ limit, target = null, beforeActId = null }) {
      const acts = await database.read("acts.list", { limit, target, beforeActId });
      return acts.map((act) => JSON.parse(act) as OperatorAct);
    },
  };
}
