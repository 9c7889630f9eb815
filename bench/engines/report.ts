/** Prints the comparison for people: the systems side by side, their ratios with the targets, and Orderloom's batching. */
import { percent, type Row, section, whole } from "../layout.ts";
import type { Batching } from "./batching.ts";
import type { SystemFigures, SystemLoad } from "./measure-system.ts";
import type { SystemName } from "./options.ts";

export interface EngineFigures {
  readonly machine: Readonly<Record<string, string>>;
  readonly systems: readonly SystemFigures[];
}

/** A ratio of Orderloom to a hand-written service, and how it has to be. */
interface Target {
  readonly label: string;
  readonly other: SystemName;
  readonly of: (figures: SystemFigures) => number | undefined;
  /** Null where the ratio only helps to judge the others. */
  readonly bound: { readonly atLeast: number } | { readonly atMost: number } | null;
}

const ordersPerS = ({ closed }: SystemFigures): number => closed.sustainedOrdersPerS;
const closedCpuUs = ({ closed }: SystemFigures): number => cpuUsPerOrder(closed);
const openP99Ms = ({ open }: SystemFigures): number | undefined => open?.toMailMs.p99;

const TARGETS: readonly Target[] = [
  { label: "orders/s ÷ eachMessage", other: "each-message", of: ordersPerS, bound: { atLeast: 6 } },
  { label: "orders/s ÷ eachBatch", other: "each-batch", of: ordersPerS, bound: { atLeast: 2.5 } },
  { label: "open-loop p99 ÷ eachBatch", other: "each-batch", of: openP99Ms, bound: { atMost: 1 / 3 } },
  { label: "CPU per order ÷ eachMessage", other: "each-message", of: closedCpuUs, bound: null },
  { label: "CPU per order ÷ eachBatch", other: "each-batch", of: closedCpuUs, bound: null },
];

const NOT_MEASURED = [
  "a network between the processes, replicas on other machines, and TLS: everything shares this machine's cores",
  "what the hand-written services leave out: see bench/README.md",
  "a store of millions of orders, restarts and faults: the tests on real engines look at those",
];

const LABEL_WIDTH = 34;
const COLUMN_WIDTH = 14;

export function engineReportOf({ machine, systems }: EngineFigures): string {
  const orderloom = systems.find(({ system }) => system === "orderloom");
  const sections = [
    section("Machine and engines", Object.entries(machine)),
    table("Closed loop: how much it can do", systems, closedRows(systems)),
    ...(systems.some(({ open }) => open !== null)
      ? [table("Open loop: how long a customer waits", systems, openRows(systems))]
      : []),
    ...(orderloom !== undefined && systems.length > 1 ? [section("Ratios in this run", ratioRows(systems))] : []),
    ...(orderloom === undefined ? [] : [section("Orderloom's batching", batchingRows(orderloom))]),
    `Not measured\n${NOT_MEASURED.map((line) => `  - ${line}`).join("\n")}`,
    section("Verdict", systems.map(verdictRow)),
  ];
  return `${sections.join("\n\n")}\n`;
}

type TableRow = readonly [label: string, ...values: readonly string[]];

function table(title: string, systems: readonly SystemFigures[], rows: readonly TableRow[]): string {
  const line = ([label, ...values]: TableRow): string =>
    `  ${label.padEnd(LABEL_WIDTH)}${values.map((value) => value.padStart(COLUMN_WIDTH)).join("")}`;
  return [title, ...[["", ...systems.map(({ system }) => system)] as const, ...rows].map(line)].join("\n");
}

function closedRows(systems: readonly SystemFigures[]): readonly TableRow[] {
  const loads = systems.map(({ closed }) => closed);
  return [
    ["orders", ...loads.map(({ orders }) => whole(orders))],
    ["orders/s, whole run", ...loads.map((load) => whole(load.ordersPerS))],
    ["orders/s, middle 80 %", ...loads.map((load) => whole(load.sustainedOrdersPerS))],
    ["POST to mail p50, ms", ...loads.map(({ toMailMs }) => toMailMs.p50.toFixed(1))],
    ["POST to mail p99, ms", ...loads.map(({ toMailMs }) => toMailMs.p99.toFixed(1))],
    ...costRows(loads),
    ["orders/s that this CPU allows", ...loads.map((load) => whole(ceilingPerS(load)))],
  ];
}

/** What the machine could do were all its cores busy with nothing else: the figure that neighbours spoil least. */
function ceilingPerS(load: SystemLoad): number {
  return (load.cpu.cores * 1e6) / cpuUsPerOrder(load);
}

/** What an order costs all processes that can be seen. */
function cpuUsPerOrder({ cpu, orders }: SystemLoad): number {
  return cpu.processes.reduce((sum, { cpuMs }) => sum + ((cpuMs ?? 0) * 1_000) / orders, 0);
}

function openRows(systems: readonly SystemFigures[]): readonly TableRow[] {
  const opens = systems.flatMap(({ open }) => open ?? []);
  return [
    ["orders", ...opens.map(({ orders }) => whole(orders))],
    ["POST to mail p50, ms", ...opens.map(({ toMailMs }) => toMailMs.p50.toFixed(1))],
    ["POST to mail p99, ms", ...opens.map(({ toMailMs }) => toMailMs.p99.toFixed(1))],
    ["POST to mail max, ms", ...opens.map(({ toMailMs }) => toMailMs.max.toFixed(1))],
    ["late start of the client p99, ms", ...opens.map(({ clientLateMs }) => (clientLateMs?.p99 ?? 0).toFixed(1))],
    ["under way at half, at the end", ...opens.map(({ backlog }) => `${backlog.atHalf}, ${backlog.atEnd}`)],
    ["keeps up with the rate", ...opens.map(({ backlog }) => (backlog.grows ? "NO" : "yes"))],
    ...costRows(opens),
  ];
}

/** What an order costs each process; the processes of all systems have the same names, unless nobody can see them. */
function costRows(loads: readonly SystemLoad[]): readonly TableRow[] {
  const names = [...new Set(loads.flatMap(({ cpu }) => cpu.processes.map(({ name }) => name)))];
  const costs = names.map(
    (name): TableRow => [
      `CPU per order, ${name}, µs`,
      ...loads.map(({ cpu, orders }) => {
        const cpuMs = cpu.processes.find((process) => process.name === name)?.cpuMs ?? null;
        return cpuMs === null ? "unknown" : whole((cpuMs * 1_000) / orders);
      }),
    ],
  );
  return [
    ...costs,
    ["CPU per order, together, µs", ...loads.map((load) => whole(cpuUsPerOrder(load)))],
    ["all cores busy", ...loads.map(({ cpu }) => percent(cpu.busy))],
    ["  by other programs and the kernel", ...loads.map(({ cpu }) => percent(cpu.elsewhere))],
    ["  waiting for the disk", ...loads.map(({ cpu }) => percent(cpu.waitingForDisk))],
    ["  taken by the host of this machine", ...loads.map(({ cpu }) => percent(cpu.stolen))],
  ];
}

function ratioRows(systems: readonly SystemFigures[]): readonly Row[] {
  const figuresOf = (name: SystemName) => systems.find(({ system }) => system === name);
  return TARGETS.flatMap(({ label, other, of, bound }): readonly Row[] => {
    const [own, theirs] = [figuresOf("orderloom"), figuresOf(other)].map((figures) => figures && of(figures));
    if (own === undefined || theirs === undefined || theirs === 0) return [];
    const ratio = own / theirs;
    if (bound === null) return [[label, ratio.toFixed(2), "of all processes; neighbours spoil it least"]];
    const [isMet, target] =
      "atLeast" in bound
        ? [ratio >= bound.atLeast, `at least ${bound.atLeast}`]
        : [ratio <= bound.atMost, `at most ${bound.atMost.toFixed(2)}`];
    const late = ["orderloom" as const, other].filter((name) => figuresOf(name)?.open?.backlog.grows);
    const note = of === openP99Ms && late.length > 0 ? `; says little, for ${late.join(" and ")} did not keep up` : "";
    return [[label, ratio.toFixed(2), `target ${target}: ${isMet ? "met" : "MISSED"}${note}`]];
  });
}

function batchingRows({ closed, open }: SystemFigures): readonly Row[] {
  return [
    ...batchingOfLoad("closed loop", closed.batching),
    ...(open === null ? [] : batchingOfLoad("open loop", open.batching)),
  ];
}

function batchingOfLoad(load: string, batching: Batching | null): readonly Row[] {
  if (batching === null) return [[load, "unknown", "its counters are not in /metrics"]];
  const list = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([topic, value]) => `${topic} ${value.toFixed(1)}`)
      .join(", ");
  const total = batching.roundTrips.reduce((sum, { perOrder }) => sum + perOrder, 0);
  return [
    [`${load}: orders per send`, (batching.recordsPerSend["orders"] ?? 0).toFixed(1)],
    [`${load}: records per send`, list(batching.recordsPerSend)],
    [`${load}: records per fetch`, list(batching.recordsPerFetch)],
    [`${load}: commits per insert`, batching.commitsPerInsert.toFixed(1)],
    [`${load}: round trips per order`, total.toFixed(2)],
    ...batching.roundTrips.map(
      ({ engine, operation, perOrder }): Row => [`  ${engine} ${operation}`, perOrder.toFixed(3)],
    ),
  ];
}

function verdictRow({ system, problems, repeatedMails, open }: SystemFigures): Row {
  const notes = [
    problems.length === 0 ? "every order was mailed once" : problems.join("; "),
    ...(repeatedMails > 0 ? [`${repeatedMails} repeated mails`] : []),
    ...(open?.backlog.grows ? ["its backlog grew in the open loop: the rate is above what it can do"] : []),
  ];
  return [system, notes.join("; ")];
}
