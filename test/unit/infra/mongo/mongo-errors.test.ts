import { type BulkWriteResult, MongoBulkWriteError, MongoNetworkError, MongoServerError } from "mongodb";
import { expect, test } from "vitest";
import { isOperational, refusedDocument, translated } from "../../../../src/infra/mongo/mongo-errors.ts";

const ended = Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" });

/** As the driver makes one of whatever ended a bulk operation. */
function bulkError(thrown: Error): MongoBulkWriteError {
  return new MongoBulkWriteError(thrown, {} as BulkWriteResult);
}

test.each([
  ["the driver's network error", new MongoNetworkError("connection closed")],
  ["a socket that had just ended, as the driver lets it through", ended],
  ["the same in the middle of a bulk operation", bulkError(ended)],
  ["a server that steps down", new MongoServerError({ message: "not primary", code: 10_107 })],
])("%s passes with time", (_, error) => {
  expect(isOperational(error)).toBe(true);
  expect(translated(error, "a:1", "read")).toMatchObject({ code: "store_unavailable", retryable: true });
  expect(translated(error, "a:1", "write")).toMatchObject({ code: "outcome_unknown", retryable: true });
});

test.each([
  ["a defect of ours", new TypeError("undefined is not a function")],
  ["a file that is missing", Object.assign(new Error("no such file"), { code: "ENOENT" })],
  ["a request that the server does not understand", new MongoServerError({ message: "unknown operator", code: 2 })],
])("%s stays what it is", (_, error) => {
  expect(isOperational(error)).toBe(false);
  expect(translated(error, "a:1", "write")).toBe(error);
});

test.each([
  [
    "MongoDB",
    'E11000 duplicate key error collection: shop.commits index: shard_orderId_causeId dup key: { shard: 0, orderId: "a index: b" }',
    "shard_orderId_causeId",
  ],
  ["DocumentDB", "E11000 duplicate key error collection: shop.commits index: _id_", "_id_"],
  ["a server that does not name it", "duplicate key", null],
])("the index that refused a document is told from the words of %s", (_, errmsg, index) => {
  const result = { getWriteConcernError: () => undefined } as BulkWriteResult;
  const writeErrors = [{ code: 11_000, index: 3, errmsg }] as never;
  const error = new MongoBulkWriteError({ message: errmsg, code: 11_000, writeErrors }, result);
  expect(refusedDocument(error)).toEqual({ place: 3, index });
});
