/**
 * Makes a scenario of a seed. Every seed turns on a random half of the faults with rates of its own, and tells some
 * dozens of stories (swarm testing: what is left out finds as much as what is put in).
 */
import { type Chance, createChance } from "../engine/chance.ts";
import {
  type CallMode,
  type CallName,
  type Fault,
  MAIL_MODES,
  type MailMode,
  type Op,
  POISON_FORMS,
  READ_CALLS,
  READ_MODES,
  type Role,
  type Scenario,
  type Settings,
  WRITE_CALLS,
  WRITE_MODES,
} from "./scenario.ts";
import { STORIES, tell } from "./stories.ts";

/** How many orders a scenario has at most: many small worlds find more than a few large ones, and some must be large. */
const MOST_ORDERS = [1, 2, 2, 3, 3, 4, 6, 6, 16];
const HOUR_MS = 3_600_000;

export function generateScenario(seed: number): Scenario {
  const chance = createChance(seed, "scenario");
  const settings = settingsOf(chance);
  return { seed, settings, ops: opsOf(chance, settings), faults: faultsOf(chance, settings) };
}

function settingsOf(chance: Chance): Settings {
  const others: readonly Role[] = chance.of([[], ["worker"], ["all"], ["api"], ["worker", "api"], ["all", "worker"]]);
  return {
    shards: chance.between(1, 4),
    processes: ["all", ...others],
    paymentWindowMs: chance.of([15_000, 60_000, 600_000]),
    watermarkMs: chance.of([5_000, 60_000, 600_000]),
    unknownPolicy: chance.of(["resend", "hold"]),
    mailConcurrency: chance.of([1, 2, 8]),
    maxBatchRecords: chance.of([1, 3, 20, 100]),
    maxLatencyMs: chance.of([1, 5, 30]),
    maxNoticeMs: chance.of([5, 200, 2_000, 5_000]),
    sessionMs: chance.of([500, 3_000]),
    takesStaleOffsets: chance.happens(0.5),
    eagerRebalance: chance.happens(0.5),
    capacity: chance.happens(0.15) ? 2 : 100,
    replays: chance.happens(0.25),
    chaosMs: chance.of([5_000, 10_000]),
  };
}

function opsOf(chance: Chance, settings: Settings): Op[] {
  const orders = chance.of(MOST_ORDERS);
  const names = chance.shuffled(Object.keys(STORIES)).slice(0, chance.between(4, 16));
  const ops: Op[] = [];
  for (let i = chance.between(Math.ceil(orders / 3), orders); i > 0; i--) {
    const story = STORIES[chance.of(names)];
    const key = `key-${i}`;
    const submitMs = chance.between(0, settings.chaosMs);
    if (story !== undefined) ops.push(...tell(story, key, submitMs, settings, chance));
    if (chance.happens(0.15)) {
      const how = chance.of(["get", "wait", "list", "timeline", "mails"] as const);
      ops.push({ type: "read", atMs: submitMs + chance.between(0, 5_000), order: key, how });
    }
    if (chance.happens(0.1)) ops.push(poisonOf(chance, key, submitMs));
  }
  return ops.toSorted((a, b) => a.atMs - b.atMs);
}

function poisonOf(chance: Chance, order: string, submitMs: number): Op {
  const topic = chance.of(["orders", "payments", "order-commands"] as const);
  return { type: "poison", atMs: submitMs + chance.between(0, 4_000), order, topic, form: chance.of(POISON_FORMS) };
}

/** Each kind of fault by itself: how often it may happen at most, and one of it. */
function faultsOf(chance: Chance, { chaosMs, processes }: Settings): Fault[] {
  const at = (): number => chance.between(0, chaosMs);
  const process = (): number => chance.between(0, processes.length - 1);
  const forMs = (): number => chance.of([200, 1_000, 4_000]);
  const call = (name: CallName, mode: CallMode) => (): Fault => {
    return { type: "call", atMs: at(), call: name, mode, delayMs: chance.of([50, 1_000, 6_000, 20_000]) };
  };
  const kinds: readonly (readonly [most: number, make: () => Fault])[] = [
    ...WRITE_CALLS.flatMap((name) => WRITE_MODES.map((mode) => [4, call(name, mode)] as const)),
    ...READ_CALLS.flatMap((name) => READ_MODES.map((mode) => [2, call(name, mode)] as const)),
    ...MAIL_MODES.map((mode) => [3, (): Fault => mailFault(mode, at(), chance)] as const),
    [6, () => ({ type: "crash", atMs: at(), process: process(), downMs: forMs() })],
    [2, () => ({ type: "stop", atMs: at(), process: process(), downMs: forMs() + 1_000 })],
    [4, () => ({ type: "stall", atMs: at(), process: process(), forMs: forMs() })],
    [12, () => ({ type: "rebalance", atMs: chance.between(0, 2 * chaosMs) })],
    [2, () => ({ type: "clockStep", atMs: at(), process: process(), byMs: clockStep(chance) })],
    [
      4,
      () => ({
        type: "powerLoss",
        atMs: at(),
        during: chance.of(WRITE_CALLS),
        forMs: forMs(),
        crashesAll: chance.happens(0.5),
      }),
    ],
    [2, () => ({ type: "outage", atMs: at(), machine: chance.of(["log", "stores", "mail"]), forMs: forMs() })],
    [1, () => ({ type: "outage", atMs: at(), machine: "mail", forMs: HOUR_MS })],
  ];
  const chosen = kinds.filter(() => chance.happens(0.5));
  const intensity = chance.of([0, 0.3, 1, 2]);
  return chosen
    .flatMap(([most, make]) => Array.from({ length: Math.round(most * intensity * chance.fraction()) }, make))
    .toSorted((a, b) => a.atMs - b.atMs);
}

function mailFault(mode: MailMode, atMs: number, chance: Chance): Fault {
  return { type: "mail", mode, atMs, delayMs: chance.of([500, 10_000, 150_000]) };
}

function clockStep(chance: Chance): number {
  return chance.of([-HOUR_MS, -60_000, -1_000, 1_000, 60_000, HOUR_MS]);
}
