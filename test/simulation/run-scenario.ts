/**
 * Runs a scenario through chaos, healing and rest, and then replays its whole log. It is a function of the scenario:
 * the same one gives the same trace, to the last callback.
 */
import { MAIL_QUEUE } from "../../src/actors/mail-queue.ts";
import { PAYMENT_DESK } from "../../src/actors/payment-desk.ts";
import { type Commit, INBOX_TOPICS } from "../../src/actors/ports.ts";
import { projectorName } from "../../src/actors/projector.ts";
import { PUBLISHER } from "../../src/actors/publisher.ts";
import { ORDERS_VIEW } from "../../src/actors/views.ts";
import { checkAtRest } from "./audit/at-rest.ts";
import type { Violation } from "./audit/fail.ts";
import { type Coverage, createCoverage } from "./engine/coverage.ts";
import type { Fault, Machine, Scenario } from "./scenario/scenario.ts";
import { createWorld, START_MS, type World } from "./world/world.ts";

export interface RunResult {
  /** Empty when everything held. The run ends at the first one. */
  readonly violations: readonly Violation[];
  readonly traceHash: string;
  /** What happened, line by line; empty unless it was asked for. */
  readonly trace: readonly string[];
  readonly steps: number;
  readonly simulatedMs: number;
  readonly commits: number;
}

/**
 * Longer than the longest time after which something may still happen by itself: a retry after 15 min, noticed a leap
 * later, or two when a look was under way at the first. What a clock that was ahead has put off comes later by as much.
 */
const REST_MS = 35 * 60_000;
/** A replay begins at once; what it should not do, it would do soon. */
const REPLAY_REST_MS = 120_000;

export async function runScenario(
  scenario: Scenario,
  options: { readonly coverage?: Coverage; readonly keepTrace?: boolean } = {},
): Promise<RunResult> {
  const { coverage = createCoverage(), keepTrace = false } = options;
  const world = createWorld(scenario, { coverage, keepTrace });
  const { kernel, violations, onBug } = world;
  process.on("unhandledRejection", onBug);
  try {
    await liveThrough(world, scenario);
    if (violations.length === 0 && scenario.settings.replays) await replay(world, scenario);
  } catch (error) {
    onBug(error);
  } finally {
    process.off("unhandledRejection", onBug);
  }
  return {
    violations,
    traceHash: kernel.traceHash(),
    trace: kernel.trace(),
    steps: kernel.steps(),
    simulatedMs: kernel.nowMs() - START_MS,
    commits: heads(world).reduce((sum, head) => sum + head, 0),
  };
}

async function liveThrough(world: World, { settings, ops, faults }: Scenario): Promise<void> {
  const { kernel, processes, clients } = world;
  for (const { start } of processes) start();
  for (const op of ops) kernel.plan(START_MS + op.atMs, () => clients.run(op));
  for (const fault of faults) {
    // To share the shards anew is no fault: it goes on.
    if (fault.atMs < settings.chaosMs || fault.type === "rebalance")
      kernel.plan(START_MS + fault.atMs, () => strike(world, fault));
  }
  kernel.plan(START_MS + settings.chaosMs, () => heal(world));
  const aheadMs = Math.max(0, ...faults.map((fault) => (fault.type === "clockStep" ? fault.byMs : 0)));
  await kernel.runUntilIdle(REST_MS + aheadMs + settings.paymentWindowMs + settings.watermarkMs);
  if (world.violations.length === 0) await checkAtRest({ ...world, ...settings });
}

/** Lets a fault happen that does not wait for a call. */
function strike(world: World, fault: Fault): void {
  if (fault.type === "call" || fault.type === "mail") return;
  const { group, processes, coverage } = world;
  coverage.hit(`fault ${fault.type}`);
  const struck = "process" in fault ? processes[fault.process % processes.length] : undefined;
  switch (fault.type) {
    case "crash":
      struck?.crash(fault.downMs);
      break;
    case "stop":
      struck?.stop(fault.downMs);
      break;
    case "stall":
      struck?.stall(fault.forMs);
      break;
    case "clockStep":
      struck?.stepClock(fault.byMs);
      break;
    case "rebalance":
      group.rebalance();
      break;
    case "powerLoss":
      world.network.onNextWrite(fault.during, (machine) => losePower(world, machine, fault));
      break;
    case "outage":
      putDown(world, fault.machine, fault.forMs);
  }
}

function losePower(world: World, machine: Machine, { forMs, crashesAll }: Extract<Fault, { type: "powerLoss" }>): void {
  world.kernel.changed(`power is lost at the ${machine}`);
  world.network.losePower(machine);
  if (crashesAll) for (const process of world.processes) process.crash(forMs);
  putDown(world, machine, forMs);
}

function putDown({ kernel, network }: World, machine: Machine, forMs: number): void {
  network.setDown(machine, true);
  kernel.plan(kernel.nowMs() + forMs, () => network.setDown(machine, false));
}

/** From now on nothing goes wrong, everybody runs, and all clocks are right. Only the mail server may still be out. */
function heal({ kernel, faults, network, group, processes }: World): void {
  kernel.changed("everything heals");
  faults.heal();
  for (const machine of ["log", "stores"] as const) network.setDown(machine, false);
  for (const process of processes) {
    process.stepClock(0);
    process.resume();
    process.start();
  }
  // Offsets that a late commit took back are read again.
  group.rebalance(true);
}

/**
 * Q6: the whole log again, with every offset and every checkpoint forgotten, changes nothing and sends nothing. Only what
 * was parked as a dead letter may take effect now, as if a person had sent it again.
 */
async function replay(world: World, { settings }: Scenario): Promise<void> {
  const { kernel, broker, eventStore, views, processes, mails, topics, coverage, fail } = world;
  const headsBefore = heads(world);
  const mailsBefore = mailsOf(mails.deliveries());
  const lettersBefore = new Set(topics.letters().keys());
  for (const process of processes) process.crash(null);
  for (let shard = 0; shard < settings.shards; shard++) {
    broker.commit(shard, new Map(INBOX_TOPICS.map((topic) => [topic, 0])));
  }
  const version = (await views.activeVersion(ORDERS_VIEW.name)) ?? 1;
  for (const reactor of [MAIL_QUEUE, PUBLISHER, PAYMENT_DESK, projectorName(version)])
    await views.resetCheckpoint(reactor);
  processes.find((_, index) => settings.processes[index] !== "api")?.start();
  world.startsOver();
  await kernel.runUntilIdle(REPLAY_REST_MS);
  if (world.violations.length > 0) return;

  const later = headsBefore.flatMap((head, shard) => eventStore.commits(shard).slice(head));
  // A decision that was parked may give money away now, and that has to arrive.
  const given = new Set(later.flatMap(transfersOf));
  for (const commit of later) {
    if (wasParked(world, commit, lettersBefore) || given.has(commit.causeId))
      coverage.hit("replay: a dead letter takes effect");
    else fail("Q6", `a replay makes ${commit.causeId} take effect on order ${commit.orderId}`);
  }
  const mailsAfter = mailsOf(mails.deliveries());
  if (mailsAfter !== mailsBefore) fail("Q6", `a replay sends: there were ${mailsBefore} mails and are ${mailsAfter}`);
  await checkAtRest({ ...world, ...settings });
}

/** The causes that money has where it arrives. */
function transfersOf({ events }: Commit): readonly string[] {
  return events.flatMap((event) => (event.type === "PaymentMoved" ? [`payment:${event.data.transferId}`] : []));
}

function wasParked({ inbox }: World, commit: Commit, letters: ReadonlySet<string>): boolean {
  return inbox
    .causesOf(commit)
    .some(({ record: { topic, shard, offset } }) => letters.has(`${topic}/${shard}/${offset}`));
}

function heads({ eventStore, broker }: World): number[] {
  return broker.partitions("orders").map(({ shard }) => eventStore.commits(shard).length);
}

function mailsOf(deliveries: ReadonlyMap<string, number>): number {
  return [...deliveries.values()].reduce((sum, times) => sum + times, 0);
}
