/** docs/faults.md names tests, stories and faults that exist, for every row of the list that it has to cover. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REACHABLE } from "../../simulation/audit/reachable.ts";
import { STORIES } from "../../simulation/scenario/stories.ts";

const PROJECT_ROOT = join(import.meta.dirname, "../../..");
const ROWS = readFileSync(join(PROJECT_ROOT, "docs/faults.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [number = "", fault = "", , tests = "", simulator = ""] = line
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    return { number: Number(number), fault, tests, simulator };
  });
const COVERED = [21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 44, 45, 46, 47];

test("every fault of money, time, order and mail has its row", () => {
  expect(ROWS.map(({ number }) => number)).toEqual(COVERED);
});

describe.each(ROWS)("fault $number: $fault", ({ tests, simulator }) => {
  const named = tests.split("<br>").map((ofFile) => ({
    file: /^`([^`]+)`/.exec(ofFile)?.[1] ?? "",
    titles: [...ofFile.matchAll(/"([^"]+)"/g)].map(([, title]) => String(title)),
  }));

  test.each(named)("is run by $file", ({ file, titles }) => {
    const path = join(PROJECT_ROOT, file);
    expect(existsSync(path), file).toBe(true);
    const source = readFileSync(path, "utf8");
    expect(titles.length).toBeGreaterThan(0);
    const isThere = (title: string) => source.includes(`("${title}"`) || source.includes(`- name: ${title}\n`);
    expect(titles.filter((title) => !isThere(title))).toEqual([]);
  });

  test("is part of what the simulator does", () => {
    const names = [...simulator.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name));
    expect(simulator).not.toBe("");
    expect(names.filter((name) => !(name in STORIES) && !REACHABLE.includes(`fault ${name}`))).toEqual([]);
  });
});
