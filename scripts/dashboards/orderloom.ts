/**
 * The first dashboard: how orders fare, where they wait, what fails. Lag and mails are reported by more than one
 * process, so they are reduced by max before they are added up.
 */
import type { Query, Row } from "./panel.ts";

const ENDS = 'status=~"emailed|rejected|expired|cancelled"';
const OPERATIONS = "/readyz|/livez|/metrics";

const rate = (selector: string): string => `rate(${selector}[$__rate_interval])`;

/** The median, what one in 20 and what one in 100 takes longer than. */
const quantiles = (buckets: string, by: string, legend: string): Query[] =>
  [0.5, 0.95, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le${by}) (${rate(buckets)}))`,
    legend: `p${quantile * 100}${legend}`,
  }));

export const ORDERLOOM_ROWS: readonly Row[] = [
  {
    title: "Now",
    panels: [
      {
        kind: "figure",
        title: "Orders confirmed",
        description: "Orders that were paid, validated and confirmed, per second.",
        unit: "ops",
        width: 4,
        expr: `sum(${rate('orderloom_orders_total{status="confirmed"}')})`,
      },
      {
        kind: "figure",
        title: "Oldest unread message",
        description: "How long the oldest message waits that no worker has processed. Orders wait as long.",
        unit: "s",
        width: 4,
        warnFrom: 10,
        alarmFrom: 60,
        expr: "max(orderloom_inbox_lag_seconds)",
      },
      {
        kind: "figure",
        title: "Unread messages",
        description: "Messages of all inbox topics that no worker has processed.",
        unit: "short",
        width: 4,
        warnFrom: 1_000,
        alarmFrom: 10_000,
        expr: "sum(max by (topic, shard) (orderloom_inbox_lag_records))",
      },
      {
        kind: "figure",
        title: "Mails under way",
        description: "Mails that are queued, being sent, or deferred by the mail server.",
        unit: "short",
        width: 4,
        warnFrom: 100,
        alarmFrom: 1_000,
        expr: 'sum(max by (state) (orderloom_mails{state=~"queued|attempting|deferred"}))',
      },
      {
        kind: "figure",
        title: "API failures",
        description: "Share of requests that were answered with a status of 500 or above.",
        unit: "percentunit",
        width: 4,
        warnFrom: 0.01,
        alarmFrom: 0.05,
        expr: [
          `(sum(${rate(`orderloom_http_request_duration_seconds_count{status=~"5..", route!~"${OPERATIONS}"}`)}) or vector(0))`,
          `/ (sum(${rate(`orderloom_http_request_duration_seconds_count{route!~"${OPERATIONS}"}`)}) > 0)`,
        ].join(" "),
      },
      {
        kind: "figure",
        title: "Alerts that fire",
        description: "Prometheus lists them under /alerts, and docs/operations.md says what to do.",
        unit: "short",
        width: 4,
        warnFrom: 1,
        alarmFrom: 3,
        expr: 'count(ALERTS{alertstate="firing"}) or vector(0)',
      },
    ],
  },
  {
    title: "Orders",
    panels: [
      {
        kind: "graph",
        title: "Orders by outcome",
        description: "Orders that came to an end, per second. A rise of rejected or expired is worth a look.",
        unit: "ops",
        width: 12,
        stacked: true,
        queries: [{ expr: `sum by (status) (${rate(`orderloom_orders_total{${ENDS}}`)})`, legend: "{{status}}" }],
      },
      {
        kind: "graph",
        title: "Orders by status",
        description: "Orders that came into each status, per second. In a healthy shop the lines lie on each other.",
        unit: "ops",
        width: 12,
        queries: [{ expr: `sum by (status) (${rate("orderloom_orders_total")})`, legend: "{{status}}" }],
      },
      {
        kind: "graph",
        title: "From confirmed to emailed",
        description: "Time between the commit that confirmed an order and the commit that its mail was accepted.",
        unit: "s",
        width: 8,
        queries: quantiles('orderloom_stage_duration_seconds_bucket{from="confirmed", to="emailed"}', "", ""),
      },
      {
        kind: "graph",
        title: "Time in each stage (p95)",
        description: "What one order in 20 takes longer than. From received to paid is the shopper's time.",
        unit: "s",
        width: 8,
        queries: [
          {
            expr: `histogram_quantile(0.95, sum by (le, from, to) (${rate("orderloom_stage_duration_seconds_bucket")}))`,
            legend: "{{from}} → {{to}}",
          },
        ],
      },
      {
        kind: "graph",
        title: "From queueing a mail to its acceptance",
        description: "Long times with an idle queue mean a slow mail server.",
        unit: "s",
        width: 8,
        queries: quantiles("orderloom_mail_since_queued_seconds_bucket", "", ""),
      },
    ],
  },
  {
    title: "Lag",
    panels: [
      {
        kind: "graph",
        title: "Inbox: unread messages",
        description: "By topic, all shards together.",
        unit: "short",
        width: 8,
        queries: [
          { expr: "sum by (topic) (max by (topic, shard) (orderloom_inbox_lag_records))", legend: "{{topic}}" },
        ],
      },
      {
        kind: "graph",
        title: "Inbox: age of the oldest unread message",
        description: "By topic, the latest shard. One late shard has one sick owner; all late are too few workers.",
        unit: "s",
        width: 8,
        queries: [{ expr: "max by (topic) (orderloom_inbox_lag_seconds)", legend: "{{topic}}" }],
      },
      {
        kind: "graph",
        title: "Deadlines: seconds late",
        description: "How far watermarks are behind, the latest shard. Unpaid orders expire so much later.",
        unit: "s",
        width: 8,
        queries: [{ expr: "max(orderloom_watermark_lag_seconds)", legend: "latest shard" }],
      },
      {
        kind: "graph",
        title: "Reactors: commits behind",
        description: "Stored commits that a reactor has not handled, all shards together.",
        unit: "short",
        width: 12,
        queries: [
          { expr: "sum by (reactor) (max by (reactor, shard) (orderloom_reactor_lag_commits))", legend: "{{reactor}}" },
        ],
      },
      {
        kind: "graph",
        title: "Reactors: seconds behind",
        description: "Age of the oldest commit that a reactor has not handled, the latest shard.",
        unit: "s",
        width: 12,
        queries: [{ expr: "max by (reactor) (orderloom_reactor_lag_seconds)", legend: "{{reactor}}" }],
      },
    ],
  },
  {
    title: "Errors, mails and the payment desk",
    panels: [
      {
        kind: "graph",
        title: "Errors by code",
        description: "Failures that were handled; docs/errors.md explains each code.",
        unit: "ops",
        width: 8,
        queries: [{ expr: `sum by (code, where) (${rate("orderloom_errors_total")})`, legend: "{{code}} ({{where}})" }],
      },
      {
        kind: "graph",
        title: "New dead letters",
        description: "Messages that cannot be processed and were kept on the topic dead-letters.",
        unit: "ops",
        width: 8,
        queries: [
          {
            expr: `sum by (topic, result) (${rate('orderloom_messages_total{result=~"refused|unreadable"}')})`,
            legend: "{{topic}} {{result}}",
          },
        ],
      },
      {
        kind: "graph",
        title: "Open dead letters",
        description: "Those that wait for somebody to send them again or to drop them.",
        unit: "short",
        width: 8,
        queries: [{ expr: "max by (code) (orderloom_dead_letters)", legend: "{{code}}" }],
      },
      {
        kind: "graph",
        title: "Payments on the desk",
        description: "Money that somebody must look at, at most 1000 of a kind. Other is only to be paid back.",
        unit: "short",
        width: 6,
        stacked: true,
        queries: [{ expr: "max by (kind) (orderloom_desk_payments)", legend: "{{kind}}" }],
      },
      {
        kind: "graph",
        title: "Attempts to send a mail, by outcome",
        description: "Refused is final, deferred is tried again, unknown may have been delivered.",
        unit: "ops",
        width: 6,
        queries: [{ expr: `sum by (outcome) (${rate("orderloom_mail_attempts_total")})`, legend: "{{outcome}}" }],
      },
      {
        kind: "graph",
        title: "Mails in flight",
        description: "Mails in the ledger that are not done: queued, being sent, deferred, or of unknown outcome.",
        unit: "short",
        width: 6,
        queries: [
          { expr: 'max by (state) (orderloom_mails{state!~"accepted|refused|dropped"})', legend: "{{state}}" },
          { expr: "sum(orderloom_smtp_waiting_mails)", legend: "waiting for a connection" },
          {
            expr: 'sum(orderloom_mail_breaker_state{state=~"open|probing"})',
            legend: "workers that leave the mail server alone",
          },
        ],
      },
      {
        kind: "graph",
        title: "Connections to the mail server",
        description: "All busy for long: allow more with MAIL_CONNECTIONS, if the mail server does.",
        unit: "short",
        width: 6,
        stacked: true,
        queries: [{ expr: "sum by (state) (orderloom_smtp_connections)", legend: "{{state}}" }],
      },
    ],
  },
  {
    title: "Throughput",
    panels: [
      {
        kind: "graph",
        title: "Messages by what became of them",
        description: "Repeated is harmless: a message that came again had no second effect.",
        unit: "ops",
        width: 8,
        stacked: true,
        queries: [{ expr: `sum by (result) (${rate("orderloom_messages_total")})`, legend: "{{result}}" }],
      },
      {
        kind: "graph",
        title: "Commits handled by reactors",
        description: "The lines lie on each other unless a reactor is behind or catches up.",
        unit: "ops",
        width: 8,
        queries: [{ expr: `sum by (reactor) (${rate("orderloom_reactor_commits_total")})`, legend: "{{reactor}}" }],
      },
      {
        kind: "graph",
        title: "Batching at the engines",
        description: "How much travels together; it grows with the load, and with it what the engines can carry.",
        unit: "short",
        width: 8,
        queries: [
          {
            expr: `sum(${rate("orderloom_log_sent_records_total")}) / sum(${rate("orderloom_log_sends_total")})`,
            legend: "records per send",
          },
          {
            expr: `sum(${rate("orderloom_log_fetched_records_total")}) / sum(${rate("orderloom_log_fetches_total")})`,
            legend: "records per fetch",
          },
          {
            expr: `sum(${rate("orderloom_store_inserted_commits_total")}) / sum(${rate("orderloom_store_inserts_total")})`,
            legend: "commits per insert",
          },
        ],
      },
    ],
  },
  {
    title: "API",
    panels: [
      {
        kind: "graph",
        title: "Requests by route",
        description: "Without the checks of machines.",
        unit: "reqps",
        width: 8,
        queries: [
          {
            expr: `sum by (method, route) (${rate(`orderloom_http_request_duration_seconds_count{route!~"${OPERATIONS}"}`)})`,
            legend: "{{method}} {{route}}",
          },
        ],
      },
      {
        kind: "graph",
        title: "Latency of orders and payments",
        description: "Duration of POST requests; an answer means that the log has the message on its disk.",
        unit: "s",
        width: 8,
        queries: quantiles('orderloom_http_request_duration_seconds_bucket{method="POST"}', "", ""),
      },
      {
        kind: "graph",
        title: "Answers by status",
        description: "Without the checks of machines. 4xx are refused requests, 5xx failures.",
        unit: "reqps",
        width: 8,
        stacked: true,
        queries: [
          {
            expr: `sum by (status) (${rate(`orderloom_http_request_duration_seconds_count{route!~"${OPERATIONS}"}`)})`,
            legend: "{{status}}",
          },
        ],
      },
    ],
  },
  {
    title: "Processes",
    panels: [
      {
        kind: "graph",
        title: "Event-loop delay (p99)",
        description: "High values mean too little CPU; above a third of the session timeout shards are lost.",
        unit: "s",
        width: 6,
        queries: [{ expr: "orderloom_event_loop_delay_p99_seconds", legend: "{{job}} {{instance}}" }],
      },
      {
        kind: "graph",
        title: "CPU",
        description: "In cores.",
        unit: "short",
        width: 6,
        queries: [{ expr: rate('process_cpu_seconds_total{job=~"orderloom.*"}'), legend: "{{job}} {{instance}}" }],
      },
      {
        kind: "graph",
        title: "Memory",
        description: "Resident memory of the process.",
        unit: "bytes",
        width: 6,
        queries: [{ expr: 'process_resident_memory_bytes{job=~"orderloom.*"}', legend: "{{job}} {{instance}}" }],
      },
      {
        kind: "graph",
        title: "Shards by process",
        description: "Together they are all shards; each step is a worker that came, went or was restarted.",
        unit: "short",
        width: 6,
        stacked: true,
        queries: [{ expr: "orderloom_owned_shards", legend: "{{job}} {{instance}}" }],
      },
    ],
  },
];
