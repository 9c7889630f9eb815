/**
 * Writes grafana/*.json from the definitions beside this file, in the project's format. The files are committed, so that
 * Grafana needs nothing but them, and a test says when they are out of date.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { ORDERLOOM_ROWS } from "./dashboards/orderloom.ts";
import { heightOf, panelOf, type Row } from "./dashboards/panel.ts";

const FOLDER = new URL("../grafana/", import.meta.url);
/** The version of the dashboard's own JSON; newer Grafanas convert older ones as they load them. */
const SCHEMA_VERSION = 42;
const COLUMNS = 24;

/** Every dashboard's file and content. */
export function buildDashboards(): ReadonlyMap<string, string> {
  const orderloom = {
    uid: "orderloom",
    title: "Orderloom",
    description: "How orders fare, where they wait, and what fails.",
    tags: ["orderloom"],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    // The pointer shows the same moment in all graphs.
    graphTooltip: 1,
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    timezone: "browser",
    panels: layOut(ORDERLOOM_ROWS),
  };
  return new Map([["orderloom.json", format("orderloom.json", JSON.stringify(orderloom))]]);
}

/** Puts the panels of each row from left to right, and the rows below each other. */
function layOut(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      type: "row",
      id: placed.length + 1,
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += heightOf(panel);
      }
      placed.push(panelOf(panel, placed.length + 1, { x, y }));
      x += panel.width;
    }
    y += Math.max(...panels.map(heightOf));
  }
  return placed;
}

function format(file: string, json: string): string {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  return execFileSync(process.execPath, [biome, "format", `--stdin-file-path=grafana/${file}`], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    input: json,
    encoding: "utf8",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, content] of buildDashboards()) {
    writeFileSync(new URL(file, FOLDER), content);
    process.stdout.write(`dashboard: grafana/${file}\n`);
  }
}
