import { expect, test } from "vitest";
import { prefersHtml } from "../../../src/http/page-document.ts";

test.each([
  [
    "a browser that opens an address",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    true,
  ],
  ["who likes HTML more", "application/json;q=0.5, text/html", true],
  ["who spells it otherwise", "TEXT/HTML", true],
  ["the console itself", "application/json", false],
  ["curl", "*/*", false],
  ["who names nothing", undefined, false],
  ["who likes both alike", "text/html, application/json", false],
  ["who refuses HTML", "text/html;q=0", false],
  ["who sends nonsense", "text/html;q=often", false],
])("gives %s what they want", (_who, accept, expected) => {
  expect(prefersHtml(accept)).toBe(expected);
});
