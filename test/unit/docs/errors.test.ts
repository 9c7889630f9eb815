/** docs/errors.md and the list of error codes say the same: what a user meets can be looked up. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../../src/domain/error-codes.ts";

const PROJECT_ROOT = join(import.meta.dirname, "../../..");
const DOCUMENT = readFileSync(join(PROJECT_ROOT, "docs/errors.md"), "utf8");

const documented = [...DOCUMENT.matchAll(/^### (\S+)$/gm)].map(([, code]) => String(code));
const known = Object.keys(ERROR_CODES);

test("every error code has a section in docs/errors.md", () => {
  const missing = known.filter((code) => !documented.includes(code));
  expect(
    missing,
    `add "### <code>" with what happened and what to do to docs/errors.md: ${missing.join(", ")}`,
  ).toEqual([]);
});

test("docs/errors.md explains no code that does not exist", () => {
  const unknown = documented.filter((code) => !known.includes(code));
  expect(unknown, `not in src/domain/error-codes.ts, so remove from docs/errors.md: ${unknown.join(", ")}`).toEqual([]);
});

test("docs/errors.md has the groups of the list, and the codes in its order", () => {
  const source = readFileSync(join(PROJECT_ROOT, "src/domain/error-codes.ts"), "utf8");
  const list = source.slice(source.indexOf("ERROR_CODES"));
  const groupsAndCodes = [...list.matchAll(/^ {2}(?:\/\/ (.+)\.|(\w+):)/gm)].map(([, group, code]) => group ?? code);
  expect([...DOCUMENT.matchAll(/^###? (.+)$/gm)].map(([, heading]) => heading)).toEqual(groupsAndCodes);
});

test("every section of docs/errors.md says what to do", () => {
  const sections = DOCUMENT.split(/^### /m).slice(1);
  expect(
    sections.filter((section) => !section.includes("**What to do:** ")).map((section) => section.split("\n")[0]),
  ).toEqual([]);
});
