/** docker-compose.yml cannot run here, so all that can be known of it without running is checked. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { loadConfig, SETTINGS, usesEngines } from "../../../src/infra/config.ts";
import {
  composeEnvironment,
  composeService,
  durationMs,
  mountsOf,
  publishedPorts,
  readCompose,
} from "../../support/compose.ts";
import { ComposeFileShape } from "../../support/compose-shape.ts";
import { brokerCommand } from "../../support/engines/broker-command.ts";
import { startHttp } from "../../support/http-harness.ts";
import { PROJECT_ROOT } from "../../support/linters.ts";

const compose = readCompose();
const services = Object.entries(compose.services);
const OURS = ["api", "worker"] as const;

/** The ports that each container listens on: ours by PORT, Redpanda by its command, the others by their image. */
const LISTENS: Readonly<Record<string, readonly number[]>> = {
  api: [Number(composeEnvironment("api")["PORT"])],
  worker: [Number(composeEnvironment("worker")["PORT"])],
  redpanda: [
    ...portsIn(option("redpanda", "kafka-addr")),
    ...portsIn(option("redpanda", "schema-registry-addr")),
    9644,
  ],
  mongo: [27017],
  mailhog: [1025, 8025],
  prometheus: [9090],
  grafana: [3000],
  console: [8080],
};

/** What the published schema of the Compose Specification says against a file; a linter's package brings it. */
function complaintsOfTheSpecification(file: unknown): string[] {
  const folder = dirname(fileURLToPath(import.meta.resolve("dclint/package.json")));
  // Its $schema is draft 07 by an address that validators do not know.
  const { $schema: _, ...schema } = JSON.parse(readFileSync(join(folder, "schemas/compose.schema.json"), "utf8"));
  // Formats such as durations are checked by the shape below.
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function option(service: string, name: string): string {
  const prefix = `--${name}=`;
  const found = composeService(service).command?.find((argument) => argument.startsWith(prefix));
  if (found === undefined) throw new Error(`the command of ${service} has no ${prefix}`);
  return found.slice(prefix.length);
}

function portsIn(addresses: string): number[] {
  return [...addresses.matchAll(/:(\d+)(?:,|$)/g)].map(([, port]) => Number(port));
}

/** The services and ports that a service's environment leads to. */
function references(service: string): { host: string; port: number }[] {
  const values = Object.values(compose.services[service]?.environment ?? {}).join(" ");
  return [...values.matchAll(/(?:^|[\s,/])([a-z]+):(\d+)/g)].map(([, host = "", port]) => ({
    host,
    port: Number(port),
  }));
}

describe("the compose file", () => {
  test("keeps to the schema of the Compose Specification", () => {
    expect(complaintsOfTheSpecification(readCompose())).toEqual([]);
  });

  test.each([
    ["a misspelt key", (file: Record<string, unknown>) => ({ ...file, servces: {} })],
    ["a value of another type", (file: Record<string, unknown>) => ({ ...file, services: { api: { ports: "3000" } } })],
    [
      "an unknown condition",
      (file: Record<string, unknown>) => ({
        ...file,
        services: { api: { image: "a", depends_on: { b: { condition: "ready" } } } },
      }),
    ],
  ])("would not with %s", (_, damage) => {
    expect(complaintsOfTheSpecification(damage({ ...readCompose() }))).not.toEqual([]);
  });

  test("uses no more of the specification than the other tests understand", () => {
    const shape = Compile(ComposeFileShape);
    const errors = [...shape.Errors(compose)].map(({ instancePath, message }) => `${instancePath} ${message}`);
    expect(errors).toEqual([]);
  });

  const hasCompose = succeeds("docker", ["compose", "version"]);
  if (!hasCompose) console.warn("There is no docker compose here, so it is not asked what it thinks of its file.");
  test.skipIf(!hasCompose)("is accepted by docker compose itself", () => {
    const file = join(PROJECT_ROOT, "docker-compose.yml");
    execFileSync("docker", ["compose", "--file", file, "--profile", "*", "config", "--quiet"], { stdio: "pipe" });
  });

  test("has the services that the pipeline needs by default, and the others behind a profile", () => {
    const byProfile = Object.groupBy(services, ([, { profiles = ["(default)"] }]) => profiles.join());
    const names = Object.entries(byProfile).map(([profile, found = []]) => [profile, found.map(([name]) => name)]);
    expect(Object.fromEntries(names)).toEqual({
      "(default)": ["api", "worker", "redpanda", "mongo", "mailhog"],
      observability: ["prometheus", "grafana"],
      tools: ["console"],
    });
    expect(compose.services["worker"]?.deploy?.replicas).toBe(2);
  });

  test.each(services)("pins the image of %s to an exact version", (name, { image }) => {
    if (name in { api: 0, worker: 0 }) expect(image).toBe(`orderloom:${packageJson.version}`);
    else expect(image).toMatch(/^[a-z][a-z0-9./-]*:v?\d+\.\d+\.\d+(-[a-z]+)?$/);
  });

  test("names only files that exist", () => {
    const paths = services.flatMap(([, service]) => [
      ...(service.build === undefined ? [] : [join(service.build, "Dockerfile")]),
      ...mountsOf(service).flatMap(({ source }) => (source.startsWith(".") ? [source] : [])),
    ]);
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(PROJECT_ROOT, path)))).toEqual([]);
  });

  test("lets no container write to the project's files", () => {
    const writable = services.flatMap(([name, service]) =>
      mountsOf(service).flatMap(({ source, isReadOnly }) => (source.startsWith(".") && !isReadOnly ? [name] : [])),
    );
    expect(writable).toEqual([]);
  });

  test("declares every volume that it uses, and uses every volume that it declares", () => {
    const used = services.flatMap(([, service]) =>
      mountsOf(service).flatMap(({ source }) => (source.startsWith(".") ? [] : [source])),
    );
    expect(used.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  test("publishes ports on this machine only, each once, and each leads to a port that is listened on", () => {
    const published = services.flatMap(([name, service]) => publishedPorts(service).map((port) => ({ name, ...port })));
    expect(new Set(published.map(({ address }) => address))).toEqual(new Set(["127.0.0.1"]));
    expect(new Set(published.map(({ port }) => port)).size).toBe(published.length);
    for (const { name, containerPort } of published) expect(LISTENS[name], name).toContain(containerPort);
  });

  test("waits for health, of services that tell it and that run whenever the waiting one does", () => {
    for (const [name, { depends_on = {}, profiles = [] }] of services) {
      for (const dependency of Object.keys(depends_on)) {
        const target = compose.services[dependency];
        expect(target?.healthcheck, `${name} waits for ${dependency}`).toBeDefined();
        if (target?.profiles !== undefined) expect(target.profiles).toEqual(profiles);
      }
    }
  });

  test.each(services)("checks the health of %s on a port that it listens on", (name, { healthcheck }) => {
    const ports = healthcheck.test.flatMap((argument) =>
      [...argument.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)),
    );
    for (const port of ports) expect(LISTENS[name]).toContain(port);
    // Redpanda and MongoDB are asked by a client of their own, which knows the port.
    expect(ports).toHaveLength(name === "redpanda" || name === "mongo" ? 0 : 1);
  });
});

describe.each(OURS)("the service %s", (name) => {
  const environment = composeEnvironment(name);

  test("has settings that the service knows, and that it starts with", () => {
    const known = SETTINGS.map((setting) => setting.name as string);
    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
    const config = loadConfig(environment);
    expect(usesEngines(config)).toBe(true);
    expect(config).toMatchObject({ ROLE: name, HOST: "0.0.0.0", SHARDS: 64 });
  });

  test("finds every service of its settings at a port that is listened on, and waits for it", () => {
    const found = references(name);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { host, port } of found) expect(LISTENS[host], host).toContain(port);
    const { depends_on = {} } = composeService(name);
    expect(new Set(found.map(({ host }) => host))).toEqual(new Set(Object.keys(depends_on)));
  });

  test("is asked for its health at an address of the API", async () => {
    const path = /127\.0\.0\.1:\d+(\/[a-z]+)/.exec(composeService(name).healthcheck.test.join(" "))?.[1] ?? "";
    const { app } = await startHttp();
    expect(path).toBe("/readyz");
    expect((await app.inject(path)).statusCode).toBe(200);
  });

  test("has more time to stop than it takes at most", () => {
    const source = readFileSync(join(PROJECT_ROOT, "src/commands/start.ts"), "utf8");
    const deadlineMs = Number(/STOP_DEADLINE_MS = ([\d_]+);/.exec(source)?.[1]?.replaceAll("_", ""));
    expect(deadlineMs).toBeGreaterThan(0);
    expect(durationMs(composeService(name).stop_grace_period ?? "0s")).toBeGreaterThan(deadlineMs);
  });

  test("has no rights, and writes to its volumes and /tmp only", () => {
    expect(composeService(name)).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      tmpfs: ["/tmp"],
    });
  });

  test("reads the catalogue of the project where it looks for it", () => {
    const { target } = mountsOf(composeService(name)).find(({ source }) => source === "./catalogue.json") ?? {};
    // The image works in /app.
    expect(target).toBe(join("/app", loadConfig(environment).CATALOGUE_FILE));
  });
});

describe("the API and the workers", () => {
  test("agree in all settings but those of their role", () => {
    const {
      ROLE: _api,
      CURSOR_KEY: _key,
      PAYMENT_WEBHOOK_SECRETS: _secrets,
      DEMO_PAYMENTS: _demo,
      ...api
    } = composeEnvironment("api");
    const { ROLE: _worker, SMTP_URL: _mail, ...worker } = composeEnvironment("worker");
    expect(api).toEqual(worker);
  });

  test("keep the API's key in a volume where it is looked for, since nothing else can be written", () => {
    expect(composeEnvironment("api")["CURSOR_KEY"]).toBe("");
    expect(composeEnvironment("api")).not.toHaveProperty("DATA_DIR");
    expect(readFileSync(join(PROJECT_ROOT, "Dockerfile"), "utf8")).toMatch(/^ENV .*\bDATA_DIR=\/data\b/m);
    expect(mountsOf(composeService("api"))).toContainEqual({ source: "api-data", target: "/data", isReadOnly: false });
  });
});

describe("Redpanda", () => {
  const command = composeService("redpanda").command?.join(" ") ?? "";

  test("has what it acknowledges on the disk, which its image would not wait for", () => {
    expect(command).toContain("--unsafe-bypass-fsync=false");
    expect(command).toContain("--set redpanda.write_caching_default=false");
    expect(command).not.toContain("dev-container");
  });

  test("keeps records in the containers of the test suites as it does here", () => {
    const inContainers = brokerCommand({ index: 0, port: 9092, brokers: 3 });
    expect(inContainers).not.toContain("--mode=dev-container");
    expect(inContainers).toEqual(
      expect.arrayContaining([
        "--unsafe-bypass-fsync=false",
        "redpanda.write_caching_default=false",
        "redpanda.auto_create_topics_enabled=false",
      ]),
    );
  });

  test("makes no topic by itself: a wrong name must be an error", () => {
    expect(command).toContain("--set redpanda.auto_create_topics_enabled=false");
  });

  test("tells containers and this machine addresses that each can reach", () => {
    const { port, containerPort } = publishedPorts(composeService("redpanda"))[0] ?? {};
    expect(port).toBe(containerPort);
    expect(option("redpanda", "advertise-kafka-addr")).toBe(
      `internal://${composeEnvironment("api")["REDPANDA_BROKERS"]},external://127.0.0.1:${port}`,
    );
    expect(option("redpanda", "kafka-addr")).toContain(`external://0.0.0.0:${port}`);
  });

  test("gets less memory than its container has", () => {
    expect(option("redpanda", "memory")).toBe("1536M");
    expect(composeService("redpanda").mem_limit).toBe("2g");
  });
});

test("the console finds Redpanda, its registry and its admin API, and waits for it", () => {
  expect(references("console")).toHaveLength(3);
  for (const { host, port } of references("console")) expect(LISTENS[host]).toContain(port);
  expect(Object.keys(composeService("console").depends_on ?? {})).toEqual(["redpanda"]);
});

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
