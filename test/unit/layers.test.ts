/** The guard rails guard: every rule about layers, time and style is broken once, in a folder of its own, and caught. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLintedFolder, type Finding, lint, PROJECT_ROOT } from "../support/linters.ts";

const IMPORTS = "lint/style/noRestrictedImports";
const TIME_AND_CHANCE = "plugin";
const CYCLE = "import(no-cycle)";

/** What each layer must not import, by an example of each. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  domain: [
    "../actors/ports.ts",
    "../schemas/orders.ts",
    "../infra/clock.ts",
    "./../infra/clock.ts",
    "../http/app.ts",
    "../demo/generator.ts",
    "../main.ts",
    "xstate",
    "node:crypto",
    "../../test/support/orders.ts",
  ],
  actors: [
    "../schemas/orders.ts",
    "../infra/clock.ts",
    "./../infra/clock.ts",
    "../http/app.ts",
    "../demo/generator.ts",
    "../main.ts",
    "fastify",
    "typebox",
    "node:timers",
    "../../test/support/orders.ts",
  ],
  schemas: [
    "../infra/clock.ts",
    "../http/app.ts",
    "../demo/generator.ts",
    "../cli.ts",
    "fastify",
    "node:crypto",
    "../../test/support/orders.ts",
  ],
  "infra/mail": [
    "../../http/app.ts",
    "./../../http/app.ts",
    "../../demo/generator.ts",
    "../../main.ts",
    "../../cli.ts",
    "../../../test/support/orders.ts",
    "../../../bench/orders.ts",
    "../../../web/src/app.tsx",
  ],
  http: ["../infra/clock.ts", "./../infra/clock.ts", "../demo/generator.ts", "../main.ts", "xstate", "node:os"],
  "http/routes": [
    "../../infra/clock.ts",
    "../../demo/generator.ts",
    "../../main.ts",
    "../../../test/support/orders.ts",
    "nodemailer",
    "node:os",
  ],
  demo: [
    "../actors/ports.ts",
    "../infra/clock.ts",
    "../http/app.ts",
    "../main.ts",
    "../cli.ts",
    "../../test/support/orders.ts",
    "../../bench/orders.ts",
    "../../web/src/app.tsx",
  ],
  "": ["../test/support/orders.ts", "../bench/orders.ts", "../scripts/build-mail.ts", "../web/src/app.tsx"],
  "../web/src": ["../../src/domain/money.ts", "../../src/schemas/orders.ts", "../../src/main.ts"],
};

/** What each layer may import: the rules must not be so broad that they catch these. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  domain: ["./money.ts"],
  actors: ["./ports.ts", "../domain/money.ts", "xstate", "lru-cache"],
  schemas: ["./orders.ts", "../domain/money.ts", "../actors/ports.ts", "typebox", "uuid"],
  "infra/mail": [
    "./smtp.ts",
    "../clock.ts",
    "../../domain/money.ts",
    "../../actors/ports.ts",
    "nodemailer",
    "node:http",
  ],
  "http/routes": [
    "./orders.ts",
    "../app.ts",
    "../../domain/money.ts",
    "../../actors/ports.ts",
    "../../schemas/orders.ts",
    "fastify",
    "@fastify/static",
    "typebox/value",
    "node:crypto",
  ],
  demo: ["./generator.ts", "../domain/money.ts", "../schemas/orders.ts", "undici", "node:timers/promises"],
  "": ["./http/app.ts", "./infra/clock.ts", "./actors/ports.ts", "./demo/generator.ts", "node:fs"],
  "../web/src": ["./api/client.ts", "../parts/button.tsx", "preact"],
};

/** Time and chance, which domain and actors get through Clock and Random. */
const UNSEEDED = [
  "new Date()",
  "Date.now()",
  "Math.random()",
  "performance.now()",
  "setTimeout(() => {}, 1)",
  "setInterval(() => {}, 1)",
  "setImmediate(() => {})",
  "AbortSignal.timeout(1)",
  "crypto.randomUUID()",
  "crypto.getRandomValues(new Uint8Array(1))",
];

/** The other rules that the style depends on: where, what, and who catches it. */
const STYLE: readonly [path: string, source: string, rule: string][] = [
  ["src/infra/any.ts", "export const a: any = 1;", "lint/suspicious/noExplicitAny"],
  ["src/infra/printing.ts", 'console.log("hello");', "lint/suspicious/noConsole"],
  ["src/infra/colours.ts", "export enum Colour { Red }", "lint/style/noEnum"],
  ["src/infra/constants.ts", "export const enum Colour { Red }", "lint/suspicious/noConstEnum"],
  ["src/infra/nameless.ts", "export default 1;", "lint/style/noDefaultExport"],
  ["src/infra/barrel.ts", 'export { a } from "./any.ts";', "lint/performance/noBarrelFile"],
  ["src/infra/everything.ts", 'export * from "./any.ts";', "lint/performance/noReExportAll"],
  ["src/infra/idle.ts", "const idle = 1;\nexport const busy = 2;", "lint/correctness/noUnusedVariables"],
  ["src/infra/CamelCase.ts", "export const a = 1;", "lint/style/useFilenamingConvention"],
  ["src/infra/undeclared.ts", 'import "left-pad";', "lint/correctness/noUndeclaredDependencies"],
  ["src/infra/floating.ts", "async function work(): Promise<void> {}\nwork();", "typescript(no-floating-promises)"],
  [
    "src/infra/partial.ts",
    'export function f(kind: "a" | "b"): void {\n  switch (kind) {\n    case "a":\n      break;\n  }\n}',
    "typescript(switch-exhaustiveness-check)",
  ],
  ["src/infra/hidden.ts", 'export type A = import("./any.ts").A;', "typescript(consistent-type-imports)"],
  ["src/infra/circle-a.ts", 'import type { B } from "./circle-b.ts";\nexport type A = B | 1;', CYCLE],
  ["src/infra/circle-b.ts", 'import type { A } from "./circle-a.ts";\nexport type B = A[];', CYCLE],
];

interface Plant {
  readonly path: string;
  readonly source: string;
  /** The rule that must catch it; null when nothing about imports, time or chance may. */
  readonly rule: string | null;
}

const importsOf = (table: Readonly<Record<string, readonly string[]>>, prefix: string, rule: string | null) =>
  Object.entries(table).flatMap(([layer, specifiers]) =>
    specifiers.map((specifier, i): [string, Plant] => [
      `${layer === "" ? "main" : layer} importing ${specifier}`,
      {
        path: `${layer.startsWith("../") ? layer.slice(3) : layer === "" ? "src" : `src/${layer}`}/${prefix}-${i}.ts`,
        source: `import "${specifier}";\n`,
        rule,
      },
    ]),
  );

const VIOLATIONS: readonly [string, Plant][] = [
  ...importsOf(FORBIDDEN, "forbidden", IMPORTS),
  ...["domain", "actors"].flatMap((layer) =>
    UNSEEDED.map((expression, i): [string, Plant] => [
      `${layer} calling ${expression}`,
      { path: `src/${layer}/unseeded-${i}.ts`, source: `export const value = ${expression};\n`, rule: TIME_AND_CHANCE },
    ]),
  ),
  ...STYLE.map(([path, source, rule]): [string, Plant] => [
    `${rule} in ${path}`,
    { path, source: `${source}\n`, rule },
  ]),
];
const HARMLESS: readonly [string, Plant][] = [
  ...importsOf(ALLOWED, "allowed", null),
  [
    "domain reading a given time",
    { path: "src/domain/given-time.ts", source: "export const at = new Date(0);\n", rule: null },
  ],
];

describe("the linters", () => {
  let findings: readonly Finding[] = [];
  let remove = (): void => {};

  beforeAll(async () => {
    const plants = [...VIOLATIONS, ...HARMLESS].map(([, { path, source }]) => [path, source]);
    const linted = createLintedFolder(Object.fromEntries(plants) as Record<string, string>);
    remove = linted.remove;
    findings = await lint(linted.folder);
  }, 60_000);
  afterAll(() => remove());

  test.each(VIOLATIONS)("catch %s", (_, { path, rule }) => {
    expect(findings.filter(({ file }) => file === path).map((finding) => finding.rule)).toContain(rule);
  });

  test.each(HARMLESS)("allow %s", (_, { path }) => {
    const rules = findings.filter(({ file }) => file === path).map(({ rule }) => rule);
    expect(rules.filter((rule) => [IMPORTS, TIME_AND_CHANCE, CYCLE].includes(rule))).toEqual([]);
  });

  test("find no layer broken in the project itself", async () => {
    const found = await lint(PROJECT_ROOT);
    const broken = found.filter(({ rule }) => [IMPORTS, TIME_AND_CHANCE, CYCLE].includes(rule));
    expect(broken.map(({ file, line, rule }) => `${file}:${line} ${rule}`)).toEqual([]);
  }, 60_000);
});
