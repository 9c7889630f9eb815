/** Prints the figures for people: each load, what it cost, and every service figure as a ratio of a raw limit. */
import { mebibytes, milliseconds, percent, type Row, ratio, section, whole } from "./layout.ts";
import type { RawLimits } from "./raw-limits.ts";
import type { LoadFigures, ServiceFigures } from "./service-figures.ts";

export interface Figures {
  readonly machine: Readonly<Record<string, string>>;
  readonly service: ServiceFigures | null;
  readonly raw: RawLimits | null;
}

const NOT_MEASURED = [
  "a network between client, service and mail server, and TLS: everything is on this machine and shares its cores",
  "a real mail server, which answers in tens or hundreds of milliseconds and may refuse, defer or throttle",
  "readers: the web page, trackers on their streams, listings and scrapes of the metrics while orders come in",
  "orders that are cancelled, expire, are paid wrongly or twice; every order of the bench takes the straight way",
  "days of running, a store of millions of orders, restarts and crashes (the crash tests look at those)",
  "Redpanda, MongoDB and more than one worker process: --engines does",
];

export function reportOf({ machine, service, raw }: Figures): string {
  const sections = [
    section("Machine", Object.entries(machine)),
    ...(service?.closed ? [section("Closed loop: how much it can do", loadRows(service.closed))] : []),
    ...(service?.open ? [section("Open loop: how long a customer waits", loadRows(service.open))] : []),
    ...(raw ? [section("Raw limits: the parts alone, each with the machine to itself", rawRows(raw))] : []),
    ...(raw && service?.closed
      ? [section("Ratios of the closed loop to the raw limits", ratioRows(service.closed, raw))]
      : []),
    `Not measured\n${NOT_MEASURED.map((line) => `  - ${line}`).join("\n")}`,
    ...(service ? [section("Verdict", verdictRows(service))] : []),
  ];
  return `${sections.join("\n\n")}\n`;
}

function loadRows(load: LoadFigures): readonly Row[] {
  const { usage, clientLateMs, orders } = load;
  const { machine, memory } = usage;
  const perOrder = (cpuMs: number): string => `${((cpuMs * 1_000) / orders).toFixed(0)} µs`;
  const allCpuMs = usage.serviceCpuMs + usage.clientCpuMs + usage.sinkCpuMs;
  const ceilingPerS = (machine.cores * orders * 1_000) / allCpuMs;
  const busiest = usage.threads.filter(({ cpuMs }) => cpuMs > usage.serviceCpuMs / 100);
  return [
    ["orders", whole(orders), load.failed > 0 ? `${load.failed} FAILED` : "0 failed"],
    ["orders/s, whole run", whole(load.ordersPerS)],
    ...(clientLateMs === null ? [["orders/s, middle 80 %", whole(load.sustainedOrdersPerS)] as const] : []),
    ["POST to mail", milliseconds(load.toMailMs)],
    ...(clientLateMs === null
      ? []
      : [["of it, late start of the client", milliseconds(clientLateMs), "timers tick in milliseconds"] as const]),
    ["service CPU per order", perOrder(usage.serviceCpuMs)],
    ...busiest.map(({ name, cpuMs }): Row => [`  thread ${name}`, perOrder(cpuMs)]),
    ["service writes to disk per order", `${(usage.serviceBytesWritten / orders / 1_024).toFixed(1)} KiB`],
    ["client CPU per order", perOrder(usage.clientCpuMs)],
    ["sink CPU per order", perOrder(usage.sinkCpuMs)],
    ...(clientLateMs === null
      ? [["orders/s that this CPU allows", whole(ceilingPerS), "were all cores busy with nothing else"] as const]
      : []),
    [
      `all ${machine.cores} cores`,
      `${percent(machine.busy)} busy`,
      `${percent(machine.elsewhere)} by other programs and the kernel, ${percent(machine.waitingForDisk)} waiting for the disk, ${percent(machine.stolen)} taken by the host`,
    ],
    ["service RSS at 10, 50, 100 %", memory.rssBytesAt.map(mebibytes).join(", ")],
    ["service RSS, peak", mebibytes(memory.peakRssBytes)],
    ["RSS growth, second half", `${whole(memory.slopeBytesPerOrder)} bytes per order`],
  ];
}

function rawRows({ fastify, sqlite, smtp }: RawLimits): readonly Row[] {
  const us = (value: number): string => `${value.toFixed(0)} µs`;
  const others = (elsewhere: number): string => `${percent(elsewhere)} of the cores used elsewhere`;
  const postNote = `CPU ${us(fastify.serverCpuUsPerPost)} server, ${us(fastify.clientCpuUsPerPost)} client`;
  const mailNote = `CPU ${us(smtp.cpuUsPerMail)} mailer, ${us(smtp.sinkCpuUsPerMail)} sink`;
  return [
    ["Fastify POST/s", whole(fastify.postsPerS), `${postNote}; ${others(fastify.elsewhere)}`],
    ["SQLite commits/s", whole(sqlite.commitsPerS), `one row each, WAL, synchronous=FULL; ${others(sqlite.elsewhere)}`],
    ["SQLite rows/s", whole(sqlite.rowsPerS), "50 rows in a transaction"],
    ["SMTP mails/s", whole(smtp.mailsPerS), `${mailNote}; ${others(smtp.elsewhere)}`],
  ];
}

function ratioRows(
  { sustainedOrdersPerS, usage, orders }: LoadFigures,
  { fastify, sqlite, smtp }: RawLimits,
): readonly Row[] {
  const cpuUs = (usage.serviceCpuMs * 1_000) / orders;
  const floorUs = 2 * fastify.serverCpuUsPerPost + smtp.cpuUsPerMail;
  const bareUs = floorUs + 2 * fastify.clientCpuUsPerPost + smtp.sinkCpuUsPerMail;
  const bareOrdersPerS = (usage.machine.cores * 1e6) / bareUs;
  return [
    ["orders/s ÷ (Fastify POST/s ÷ 2)", ratio(sustainedOrdersPerS / (fastify.postsPerS / 2)), "an order is two POSTs"],
    [
      "orders/s ÷ bare orders/s",
      ratio(sustainedOrdersPerS / bareOrdersPerS),
      `the cores have CPU for ${whole(bareOrdersPerS)} times two POSTs and a mail a second, with client and sink, and nothing stored`,
    ],
    ["orders/s ÷ SMTP mails/s", ratio(sustainedOrdersPerS / smtp.mailsPerS), "an order is one mail"],
    ["orders/s ÷ SQLite commits/s", ratio(sustainedOrdersPerS / sqlite.commitsPerS)],
    ["orders/s ÷ SQLite rows/s", ratio(sustainedOrdersPerS / sqlite.rowsPerS)],
    [
      "CPU per order ÷ (2 POSTs + 1 mail)",
      ratio(cpuUs / floorUs),
      `${cpuUs.toFixed(0)} µs against ${floorUs.toFixed(0)} µs; 1 would be no work at all`,
    ],
  ];
}

function verdictRows({ problems, repeatedMails, profiles }: ServiceFigures): readonly Row[] {
  return [
    ["repeated mails", whole(repeatedMails)],
    ["lost or failed", problems.length === 0 ? "nothing" : problems.join("; ")],
    ...profiles.map((file): Row => ["profile", file]),
  ];
}
