/** MongoDB's replica set makes itself: its health check is run here against a shell that behaves as mongosh does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { composeEnvironment, composeService } from "../../support/compose.ts";
import { PROJECT_ROOT } from "../../support/linters.ts";

const SCRIPT = readFileSync(join(PROJECT_ROOT, "deploy/mongo/become-primary.js"), "utf8");

interface ReplicaSetConfig {
  readonly _id: string;
  readonly members: readonly { readonly _id: number; readonly host: string }[];
}

/** A mongosh on a server that knows its replica set, or not yet, and that is the primary, or not yet. */
function createShell(server: { config?: ReplicaSetConfig; isPrimary: boolean; failure?: Error }) {
  let exitCode = 0;
  return {
    run() {
      runInNewContext(SCRIPT, {
        rs: {
          status() {
            if (server.failure !== undefined) throw server.failure;
            if (server.config === undefined)
              throw Object.assign(new Error("no config"), { codeName: "NotYetInitialized" });
          },
          initiate(config: ReplicaSetConfig) {
            if (server.config !== undefined)
              throw Object.assign(new Error("again"), { codeName: "AlreadyInitialized" });
            server.config = structuredClone(config);
          },
        },
        db: { hello: () => ({ isWritablePrimary: server.isPrimary }) },
        quit(code: number) {
          exitCode = code;
        },
      });
      return exitCode;
    },
  };
}

test("the first check initiates the set that the service asks for, under a name that other containers reach", () => {
  const server: Parameters<typeof createShell>[0] = { isPrimary: false };
  expect(createShell(server).run()).toBe(1);
  const url = new URL(composeEnvironment("api")["MONGODB_URL"] ?? "");
  expect(server.config).toEqual({ _id: url.searchParams.get("replicaSet"), members: [{ _id: 0, host: url.host }] });
  expect(composeService("mongo").command?.join(" ")).toContain(`--replSet=${url.searchParams.get("replicaSet")} `);
});

test("a primary is healthy, however often it is asked", () => {
  const server = { config: { _id: "rs0", members: [] }, isPrimary: true };
  expect([createShell(server).run(), createShell(server).run()]).toEqual([0, 0]);
});

test("a member that is not the primary is not healthy, and is not initiated again", () => {
  expect(createShell({ config: { _id: "rs0", members: [] }, isPrimary: false }).run()).toBe(1);
});

test("any other failure is not healthy", () => {
  expect(() => createShell({ isPrimary: true, failure: new Error("not authorised") }).run()).toThrow("not authorised");
});

test("the health check runs the script where it is mounted", () => {
  const { healthcheck, volumes = [] } = composeService("mongo");
  const path = healthcheck.test.at(-1);
  expect(volumes).toContain(`./deploy/mongo/become-primary.js:${path}:ro`);
});
