/** Prometheus and Grafana look at what exists: metrics, targets, files, and alerts that an operator can look up. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { buildDashboards } from "../../../scripts/build-dashboards.ts";
import { createMetrics } from "../../../src/infra/metrics.ts";
import { composeEnvironment, composeService, mountsOf, readCompose } from "../../support/compose.ts";
import { PROJECT_ROOT } from "../../support/linters.ts";
import { metricsIn } from "../../support/promql.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
}

interface ScrapeConfig {
  readonly job_name: string;
  readonly static_configs?: readonly { readonly targets: readonly string[] }[];
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
}

const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), "utf8");

const prometheus = parse(read("deploy/prometheus/prometheus.yml")) as {
  global: { scrape_interval: string };
  rule_files: string[];
  scrape_configs: ScrapeConfig[];
};
const rules = (parse(read("deploy/prometheus/alerts.yml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboards = readdirSync(join(PROJECT_ROOT, "grafana")).map((file): [string, Dashboard] => [
  file,
  JSON.parse(read(`grafana/${file}`)) as Dashboard,
]);

/** What a process exposes, and the two series that Prometheus makes itself. */
async function knownMetrics(): Promise<ReadonlySet<string>> {
  const metrics = createMetrics(() => 0);
  metrics.connect({
    inboxLag: async () => [],
    reactorLag: async () => [],
    deadLetters: async () => [],
    watermarks: async () => [],
    mailCounts: async () => ({
      queued: 0,
      attempting: 0,
      accepted: 0,
      refused: 0,
      deferred: 0,
      unknown: 0,
      dropped: 0,
    }),
    mailBreaker: () => "closed",
    deskPayments: async () => 0,
    liveOrders: () => 0,
    ownedShards: () => [],
    pendingStoreOperations: () => 0,
  });
  const { body } = await metrics.text();
  const names = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set([...names, "up", "ALERTS"]);
}

const KNOWN = await knownMetrics();

/** Where a file of the project is in a container. */
function inContainer(service: string, source: string): string | undefined {
  return mountsOf(composeService(service)).find((mount) => mount.source === source)?.target;
}

describe("Prometheus", () => {
  test("reads its configuration and its rules where they are mounted", () => {
    expect(inContainer("prometheus", "./deploy/prometheus")).toBe("/etc/prometheus");
    for (const file of prometheus.rule_files)
      expect(existsSync(join(PROJECT_ROOT, "deploy/prometheus", file))).toBe(true);
  });

  test("looks for processes at services of the compose file, on the port that they listen on", () => {
    const found = prometheus.scrape_configs.flatMap(({ job_name, static_configs = [], dns_sd_configs = [] }) => [
      ...static_configs.flatMap(({ targets }) => targets.map((target) => `${job_name} ${target}`)),
      ...dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${job_name} ${name}:${port}`)),
    ]);
    expect(found).toEqual([
      `orderloom-api api:${composeEnvironment("api")["PORT"]}`,
      `orderloom-worker worker:${composeEnvironment("worker")["PORT"]}`,
      "redpanda redpanda:9644",
      "prometheus 127.0.0.1:9090",
    ]);
    expect(Object.keys(readCompose().services)).toEqual(expect.arrayContaining(["api", "worker", "redpanda"]));
  });
});

describe("the alerts", () => {
  test.each(rules.map((rule) => [rule.alert, rule] as const))("%s watches metrics that exist", (_, { expr }) => {
    expect(metricsIn(expr).length).toBeGreaterThan(0);
    expect(metricsIn(expr).filter((name) => !KNOWN.has(name))).toEqual([]);
  });

  test.each(rules.map((rule) => [rule.alert, rule] as const))("%s says how bad it is, and what to do", (_, rule) => {
    expect(["warning", "critical"]).toContain(rule.labels["severity"]);
    expect(rule.annotations["summary"]).toMatch(/\.$/);
    expect(rule.annotations["description"]?.length).toBeGreaterThan(80);
  });

  test("are named once each, and have a section in docs/operations.md", () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    const documented = [...read("docs/operations.md").matchAll(/^### (Orderloom\w+)$/gm)].map(([, name]) => name);
    expect(documented).toEqual(names);
  });
});

describe.each(dashboards)("the dashboard %s", (file, dashboard) => {
  const panels = dashboard.panels.filter(({ type }) => type !== "row");

  test("is what scripts/build-dashboards.ts makes", () => {
    expect(read(`grafana/${file}`), "run: node scripts/build-dashboards.ts").toBe(buildDashboards().get(file));
  });

  test("has a fixed uid, and panels of their own ids that do not overlap", () => {
    expect(dashboard.uid).toBe(basename(file, ".json"));
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  test("explains every panel", () => {
    expect(panels.filter(({ description = "" }) => !description.endsWith(".")).map(({ title }) => title)).toEqual([]);
  });

  test.each(panels.map((panel) => [panel.title, panel] as const))("asks for metrics that exist: %s", (_, panel) => {
    const targets = panel.targets ?? [];
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { expr } of targets) {
      expect(metricsIn(expr).length).toBeGreaterThan(0);
      expect(metricsIn(expr).filter((name) => !KNOWN.has(name))).toEqual([]);
    }
  });
});

describe("Grafana", () => {
  const { datasources } = parse(read("deploy/grafana/datasources/prometheus.yml")) as {
    datasources: { uid: string; url: string; jsonData: { timeInterval: string } }[];
  };
  const { providers } = parse(read("deploy/grafana/dashboards/orderloom.yml")) as {
    providers: { options: { path: string } }[];
  };

  test("finds what it is provisioned with where it looks", () => {
    expect(inContainer("grafana", "./deploy/grafana/datasources")).toBe("/etc/grafana/provisioning/datasources");
    expect(inContainer("grafana", "./deploy/grafana/dashboards")).toBe("/etc/grafana/provisioning/dashboards");
    expect(providers.map(({ options }) => options.path)).toEqual([inContainer("grafana", "./grafana")]);
    const home = composeEnvironment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] ?? "";
    expect(home).toBe(`${inContainer("grafana", "./grafana")}/orderloom.json`);
    expect(dashboards.map(([file]) => file)).toContain(basename(home));
  });

  test("asks the Prometheus of the compose file, which every panel names", () => {
    expect(datasources.map(({ url }) => url)).toEqual(["http://prometheus:9090"]);
    expect(Object.keys(composeService("grafana").depends_on ?? {})).toEqual(["prometheus"]);
    const named = dashboards.flatMap(([, { panels }]) => panels.flatMap(({ datasource }) => datasource?.uid ?? []));
    expect([...new Set(named)]).toEqual(datasources.map(({ uid }) => uid));
  });

  test("knows how often Prometheus scrapes, so that rates reach over several scrapes", () => {
    expect(datasources[0]?.jsonData.timeInterval).toBe(prometheus.global.scrape_interval);
  });
});
