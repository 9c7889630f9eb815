/** The service's metrics in Prometheus' names and units: counters end in `_total`, times are seconds. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { PipelineMetrics } from "../actors/pipeline-metrics.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import { createEngineMetrics, type EngineMetrics } from "./engine-metrics.ts";
import { connectGauges, type MetricsSources } from "./gauges.ts";

const STAGE_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

export interface Metrics {
  readonly pipeline: PipelineMetrics;
  readonly engines: EngineMetrics;
  observeRequest(route: string, method: string, status: number, durationMs: number): void;
  inFlight(change: 1 | -1): void;
  observeProblem(code: ErrorCode): void;
  observeLogin(result: "accepted" | "refused" | "limited"): void;
  /** How many SMTP connections there are, and how many mails wait for one. */
  smtpPool(state: { readonly busy: number; readonly idle: number; readonly waiting: number }): void;
  /** Tells the metrics where to read gauges from, once those parts exist. */
  connect(sources: MetricsSources): void;
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(nowMs: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const loopDelay = monitorEventLoopDelay({ resolution: 10 });
  loopDelay.enable();

  const messages = new Counter({
    name: "orderloom_messages_total",
    help: "Inbox messages by topic and what became of them.",
    labelNames: ["topic", "result"],
    registers,
  });
  const orders = new Counter({
    name: "orderloom_orders_total",
    help: "Orders that came into a status.",
    labelNames: ["status"],
    registers,
  });
  const stages = new Histogram({
    name: "orderloom_stage_duration_seconds",
    help: "Time an order spent in a status before it moved to the next.",
    labelNames: ["from", "to"],
    buckets: STAGE_BUCKETS_S,
    registers,
  });
  const mails = new Counter({
    name: "orderloom_mail_attempts_total",
    help: "Attempts to send a mail by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const mailTime = new Histogram({
    name: "orderloom_mail_since_queued_seconds",
    help: "Time from queueing a mail to the mail server's acceptance.",
    buckets: STAGE_BUCKETS_S,
    registers,
  });
  const reacted = new Counter({
    name: "orderloom_reactor_commits_total",
    help: "Commits handled by a reactor.",
    labelNames: ["reactor"],
    registers,
  });
  const errors = new Counter({
    name: "orderloom_errors_total",
    help: "Failures that were handled, by code and place.",
    labelNames: ["code", "where"],
    registers,
  });
  const requests = new Histogram({
    name: "orderloom_http_request_duration_seconds",
    help: "Duration of HTTP requests by route, method and status, without live streams.",
    labelNames: ["route", "method", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const logins = new Counter({
    name: "orderloom_operator_logins_total",
    help: "Attempts to sign in to the console by result.",
    labelNames: ["result"],
    registers,
  });
  const smtpConnections = new Gauge({
    name: "orderloom_smtp_connections",
    help: "Connections to the mail server.",
    labelNames: ["state"],
    registers,
  });
  const smtpWaiting = new Gauge({
    name: "orderloom_smtp_waiting_mails",
    help: "Mails that wait for a connection to the mail server.",
    registers,
  });
  const inFlight = new Gauge({
    name: "orderloom_http_requests_in_flight",
    help: "HTTP requests that are being worked on, live streams among them.",
    registers,
  });
  new Gauge({
    name: "orderloom_event_loop_delay_p99_seconds",
    help: "99th percentile of the event loop's delay since the last reading.",
    registers,
    collect() {
      // The histogram measures whole intervals, its own timer's 10 ms included.
      this.set(Math.max(0, loopDelay.percentile(99) / 1e9 - 0.01) || 0);
      loopDelay.reset();
    },
  });

  return {
    pipeline: {
      message: (topic, result) => messages.inc({ topic, result }),
      order(status, previous, durationS) {
        orders.inc({ status });
        if (previous !== null && durationS !== null) stages.observe({ from: previous, to: status }, durationS);
      },
      mail(outcome, sinceQueuedS) {
        mails.inc({ outcome });
        if (outcome === "accepted") mailTime.observe(sinceQueuedS);
      },
      reactor: (reactor, commits) => reacted.inc({ reactor }, commits),
      deadLetter: ({ code }) => errors.inc({ code, where: "worker" }),
      error: (code, where) => errors.inc({ code, where }),
    },
    engines: createEngineMetrics(registers),
    inFlight: (change) => inFlight.inc(change),
    smtpPool({ busy, idle, waiting }) {
      smtpConnections.set({ state: "busy" }, busy);
      smtpConnections.set({ state: "idle" }, idle);
      smtpWaiting.set(waiting);
    },
    observeLogin: (result) => logins.inc({ result }),
    observeProblem: (code) => errors.inc({ code, where: "http" }),
    observeRequest: (route, method, status, durationMs) =>
      requests.observe({ route, method, status: String(status) }, durationMs / 1_000),
    connect: (sources) => connectGauges(registers, sources, nowMs),
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
