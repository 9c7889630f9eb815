/**
 * Acts of operators with what came of them. An act is in the act log before it takes effect; where it then takes none, a
 * second act says so, under the same target, and names the first. So an act that stands alone took effect, unless the process
 * died in between.
 */
import { OperationalError } from "./errors.ts";
import type { ActLog, Operator, OperatorAct } from "./operators.ts";
import type { Clock, Random } from "./ports.ts";

export interface NewAct {
  readonly by: Operator;
  readonly act: string;
  readonly target: string;
  readonly reason?: string;
  readonly details?: OperatorAct["details"];
}

/** An act with an effect. `noun`, such as "mail.decision", begins the names of the acts that say it has none. */
export interface EffectiveAct extends NewAct {
  readonly noun: string;
}

export interface Audit {
  /** Resolves when the act is durable. */
  record(act: NewAct): Promise<OperatorAct>;
  /**
   * Records an act and lets it take effect. `<noun>Refused` follows where `refusalOf` finds a reason in the result,
   * `<noun>Failed` where the effect failed, and `<noun>Unconfirmed` where it may have happened.
   * @throws OperationalError what the effect throws.
   */
  perform<Result>(
    act: EffectiveAct,
    effect: (recorded: OperatorAct) => Promise<Result>,
    refusalOf?: (result: Result) => string | null,
  ): Promise<Result>;
}

export function createAudit({
  actLog,
  clock,
  random,
}: {
  readonly actLog: Pick<ActLog, "append">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "id">;
}): Audit {
  const record: Audit["record"] = async ({ by, act, target, reason = null, details = {} }) => {
    const at = new Date(clock.nowMs()).toISOString();
    const recorded: OperatorAct = { actId: random.id(), at, operator: by, act, target, reason, details };
    await actLog.append(recorded);
    return recorded;
  };

  return {
    record,
    async perform({ noun, ...act }, effect, refusalOf) {
      const recorded = await record(act);
      const follow = async (word: string, details: OperatorAct["details"]): Promise<void> => {
        await record({ ...act, act: `${noun}${word}`, details: { ...act.details, actId: recorded.actId, ...details } });
      };
      let result: Awaited<ReturnType<typeof effect>>;
      try {
        result = await effect(recorded);
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        const { code, message: detail } = error;
        await follow(code === "outcome_unknown" ? "Unconfirmed" : "Failed", { code, detail }).catch(unlessOperational);
        throw error;
      }
      const refused = refusalOf?.(result) ?? null;
      if (refused !== null) await follow("Refused", { refused });
      return result;
    },
  };
}

/** What keeps an effect from happening often keeps the act that says so from being stored, too: the effect's error counts. */
function unlessOperational(error: unknown): void {
  if (!(error instanceof OperationalError)) throw error;
}
