import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { acceptSchemas, checkSchemas } from "../../../scripts/schemas/check.ts";
import { obstacles, parseSchema } from "../../../scripts/schemas/compatibility.ts";
import { SCHEMAS_FOLDER } from "../../../src/infra/avro/schema-files.ts";
import { SCHEMA_CHANGES } from "../../support/schema-changes.ts";

const SUBJECT = "orders-orderloom.inbox.Sample";
const A = { name: "a", type: "string" };
const B = { name: "b", type: "long", default: 0 };

/** A folder with one schema, accepted as its versions came. */
function createFolder() {
  const folder = mkdtempSync(join(tmpdir(), "orderloom-schemas-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (fields: readonly unknown[], subject = SUBJECT): void => {
    const schema = { type: "record", name: "orderloom.inbox.Sample", fields };
    writeFileSync(join(folder, `${subject}.avsc`), `${JSON.stringify(schema, null, 2)}\n`);
  };
  const accept = (): void => acceptSchemas(folder, checkSchemas(folder));
  const git = (...args: string[]): void =>
    void execFileSync(
      "git",
      ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", ...args],
      {
        cwd: folder,
        stdio: "pipe",
      },
    );
  const version = (number: number): string => join(folder, "history", SUBJECT, `${number}.avsc`);
  return { folder, write, accept, git, version };
}

describe("versions of a schema", () => {
  test.each(SCHEMA_CHANGES)("when $title: allowed is $allowed", ({ versions, allowed }) => {
    const types = versions.map((version) => parseSchema(JSON.stringify(version)));
    const latest = types.at(-1) ?? expect.unreachable();
    const found = types
      .slice(0, -1)
      .flatMap((earlier) => [...obstacles(latest, earlier), ...obstacles(earlier, latest)]);
    expect(found.length === 0, found.join("\n")).toBe(allowed);
  });

  test("that cannot read one another are told with the place and both directions", () => {
    const { folder, write, accept } = createFolder();
    write([A, { name: "items", type: { type: "array", items: { type: "record", name: "Item", fields: [B] } } }]);
    accept();
    const item = { type: "record", name: "Item", fields: [{ ...B, type: "string", default: "" }] };
    write([
      { name: "c", type: "int" },
      { name: "items", type: { type: "array", items: item } },
    ]);
    expect(checkSchemas(folder).problems).toEqual([
      `${SUBJECT} cannot read its version 1: c: it is not written, and has no default`,
      `${SUBJECT} cannot read its version 1: items[].b: long cannot be read as string`,
      `version 1 of ${SUBJECT} cannot read it: a: it is not written, and has no default`,
      `version 1 of ${SUBJECT} cannot read it: items[].b: string cannot be read as long`,
    ]);
  });

  test("that hold themselves are compared, too", () => {
    const list = (type: string) =>
      parseSchema(
        JSON.stringify({
          type: "record",
          name: "L",
          fields: [
            { name: "next", type: ["null", "L"] },
            { name: "v", type },
          ],
        }),
      );
    expect(obstacles(list("long"), list("int"))).toEqual([]);
    expect(obstacles(list("int"), list("long"))).not.toEqual([]);
    const nested = (type: string) =>
      parseSchema(
        JSON.stringify({
          type: "record",
          name: "L",
          fields: [
            { name: "all", type: { type: "array", items: "L" } },
            { name: "v", type },
          ],
        }),
      );
    expect(obstacles(nested("int"), nested("long"))).toContain("v: long cannot be read as int");
  });
});

describe("the check of the schemas", () => {
  test("finds nothing wrong with those of this project", () => {
    expect(checkSchemas(SCHEMAS_FOLDER)).toMatchObject({ schemas: 27, problems: [], unaccepted: [] });
  });

  test("wants a new schema and a changed one accepted, and is content then", () => {
    const { folder, write, accept, version } = createFolder();
    for (const fields of [[A], [A, B], [{ ...A, doc: "why" }, B]]) {
      write(fields);
      expect(checkSchemas(folder)).toMatchObject({ problems: [], unaccepted: [SUBJECT] });
      accept();
      expect(checkSchemas(folder)).toMatchObject({ problems: [], unaccepted: [] });
    }
    expect(readdirSync(join(folder, "history", SUBJECT))).toEqual(["1.avsc", "2.avsc", "3.avsc"]);
    expect(JSON.parse(readFileSync(version(2), "utf8"))).toMatchObject({ fields: [A, B] });
  });

  test("does not mind how a file is laid out", () => {
    const { folder, write, accept } = createFolder();
    write([A]);
    accept();
    const file = join(folder, `${SUBJECT}.avsc`);
    writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, "utf8"))));
    expect(checkSchemas(folder)).toMatchObject({ problems: [], unaccepted: [] });
  });

  test("accepts nothing while there are problems", () => {
    const { folder, write, accept } = createFolder();
    write([A]);
    accept();
    write([{ ...A, name: "z" }]);
    expect(accept).toThrow("cannot be accepted");
    expect(readdirSync(join(folder, "history", SUBJECT))).toEqual(["1.avsc"]);
  });

  test("compares with every version, not only the last", () => {
    const { folder, write, accept } = createFolder();
    for (const fields of [[A], [A, B]]) {
      write(fields);
      accept();
    }
    write([A, { name: "b", type: "long" }]);
    expect(checkSchemas(folder).problems).toEqual([
      `${SUBJECT} cannot read its version 1: b: it is not written, and has no default`,
    ]);
  });

  test("finds a schema that is gone, one that is none, and one under another's name", () => {
    const { folder, write, accept } = createFolder();
    write([A]);
    accept();
    rmSync(join(folder, `${SUBJECT}.avsc`));
    write([A], "orders-orderloom.inbox.Other");
    write([A], "nowhere-orderloom.inbox.Sample");
    writeFileSync(join(folder, "payments-orderloom.inbox.Sample.avsc"), '{"type":"nonsense"}');
    expect(checkSchemas(folder).problems).toEqual([
      expect.stringContaining(`${SUBJECT} is gone`),
      expect.stringContaining("nowhere-orderloom.inbox.Sample is not <topic>-<record>"),
      expect.stringContaining("orders-orderloom.inbox.Other is not <topic>-<record>"),
      expect.stringContaining("payments-orderloom.inbox.Sample is no schema"),
    ]);
  });

  test.each<[string, (world: ReturnType<typeof createFolder>) => void, string]>([
    ["altered", ({ version }) => writeFileSync(version(1), readFileSync(version(2))), "1.avsc was altered"],
    ["deleted", ({ version }) => rmSync(version(2)), "2.avsc is missing"],
    [
      "put there by hand",
      ({ version }) => writeFileSync(version(3), readFileSync(version(2))),
      "3.avsc was put there by hand",
    ],
  ])("finds a version that was %s", (_, tamper, problem) => {
    const world = createFolder();
    for (const fields of [[A], [A, B]]) {
      world.write(fields);
      world.accept();
    }
    tamper(world);
    expect(checkSchemas(world.folder).problems.join("\n")).toContain(problem);
  });

  test("finds a version that was altered together with the checksums, when it was committed", () => {
    const { folder, write, accept, git, version } = createFolder();
    write([A]);
    accept();
    expect(checkSchemas(folder).comparedWithGit).toBe(false);
    git("init", "-q");
    git("add", ".");
    git("commit", "-q", "-m", "one");
    expect(checkSchemas(folder)).toMatchObject({ comparedWithGit: true, problems: [] });
    const original = readFileSync(version(1));
    // What somebody would do to get an incompatible change through: begin the history anew.
    rmSync(join(folder, "history"), { recursive: true });
    write([{ ...A, name: "z" }]);
    expect(checkSchemas(folder).problems).toEqual([expect.stringContaining("was committed once and is gone")]);
    acceptSchemas(folder, { ...checkSchemas(folder), problems: [] });
    expect(checkSchemas(folder).problems).toEqual([expect.stringContaining("1.avsc is not what was committed first")]);
    writeFileSync(version(1), original);
    expect(checkSchemas(folder).problems.join("\n")).not.toContain("committed");
  });
});
