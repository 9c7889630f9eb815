import { expect, test } from "vitest";
import { printable } from "../../../src/commands/printable.ts";

test("control characters of others show as what they are, and do nothing to the terminal", () => {
  expect(printable("\u001b]0;owned\u0007 \u001b[2Jgone \u009b31m\r")).toBe(
    "\\x1b]0;owned\\x07 \\x1b[2Jgone \\x9b31m\\x0d",
  );
});

test("lines, columns and all that people write stay as they are", () => {
  const text = "a letter:\n\tZoë wrote “ναι” 🍕";
  expect(printable(text)).toBe(text);
});
