import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { ERROR_CODES, type ErrorCode } from "../../../src/domain/error-codes.ts";
import { Problem, problemDocument, problemOf, statusOf } from "../../../src/http/problems.ts";

const HTTP_SOURCES = join(import.meta.dirname, "../../../src/http");

describe("the status of a code", () => {
  const sources = readdirSync(HTTP_SOURCES, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(HTTP_SOURCES, file), "utf8"));
  const thrown = sources.flatMap((source) =>
    [...source.matchAll(/new Problem\(\s*"(\w+)"/g)].map(([, code]) => code as ErrorCode),
  );
  const documented = sources.flatMap((source) =>
    [...source.matchAll(/problemResponses\(([^)]*)\)/g)].flatMap(([, codes = ""]) =>
      [...codes.matchAll(/"(\w+)"/g)].map(([, code]) => code as ErrorCode),
    ),
  );
  const refused: ErrorCode[] = [
    "unknown_item",
    "total_too_large",
    "idempotency_key_reused",
    "order_not_found",
    "refund_exceeds_received",
    "refund_id_reused",
    "order_not_cancellable",
  ];
  const used = new Set([...thrown, ...documented, ...refused]);

  test("is known for every code that the HTTP layer answers with", () => {
    expect(used.size).toBeGreaterThan(20);
    for (const code of used) {
      expect(ERROR_CODES, code).toHaveProperty(code);
      if (code !== "internal_error") expect(statusOf(code), code).not.toBe(500);
    }
  });

  test("is 500 for a code that is no answer to a request", () => {
    expect(statusOf("port_taken")).toBe(500);
  });
});

describe("a problem document", () => {
  test("has the fields of RFC 9457, the code, and the errors only when there are some", () => {
    expect(JSON.parse(problemDocument(new Problem("order_not_found", "No such order."), "/orders/x"))).toEqual({
      type: "urn:orderloom:error:order_not_found",
      title: "There is no order of this id.",
      status: 404,
      detail: "No such order.",
      code: "order_not_found",
      instance: "/orders/x",
    });
    const errors = [{ pointer: "/a", detail: "is required" }];
    expect(JSON.parse(problemDocument(new Problem("invalid_request", "x", { errors }), "/"))).toMatchObject({ errors });
  });
});

describe("an error that a request met", () => {
  test("is a problem as it is when it is one", () => {
    const problem = new Problem("invalid_cursor", "x");
    expect(problemOf(problem)).toBe(problem);
  });

  test("says when to come again if it is operational and passes", () => {
    const problem = problemOf(
      new OperationalError("store_unavailable", "SQLITE_BUSY at /var/lib", { retryable: true }),
    );
    expect(problem).toMatchObject({ code: "store_unavailable", retryAfterS: 1 });
    expect(problemDocument(problem, "/")).not.toContain("SQLITE");
  });

  test("does not promise that a lasting failure passes", () => {
    const problem = problemOf(new OperationalError("log_unavailable", "x", { retryable: false }));
    expect(problem.retryAfterS).toBeUndefined();
    expect(statusOf(problem.code)).toBe(503);
  });

  test.each([
    ["a bug", new TypeError("cannot read secrets of undefined")],
    ["something that is no error", "secrets"],
    ["nothing", undefined],
    ["a foreign error that calls itself a server fault", Object.assign(new Error("secrets"), { statusCode: 502 })],
  ])("tells nothing of %s", (_what, error) => {
    const problem = problemOf(error);
    expect(problem.code).toBe("internal_error");
    expect(problemDocument(problem, "/")).not.toContain("secrets");
  });
});
