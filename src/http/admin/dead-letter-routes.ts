/** Dead letters for operators: read, send again after a dry run, drop. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { DeadLetterDesk } from "../../actors/dead-letter-desk.ts";
import type { LetterResult, LetterSelection, PartResult } from "../../actors/dead-letter-requests.ts";
import {
  DropBody,
  DropOneBody,
  type DropRequestBody,
  LetterGroupsSchema,
  LetterPageSchema,
  LetterParameters,
  LetterResultSchema,
  LetterSchema,
  ListLettersQuery,
  PartResultSchema,
  RedriveBody,
  RedriveOneBody,
} from "../../schemas/dead-letters.ts";
import { operatorResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import { operatorOf, requireRole } from "./operator-guard.ts";

const DEFAULT_PAGE = 50;
const tags = ["dead letters"];

export const deadLetterRoutes: FastifyPluginAsyncTypebox<{ readonly deadLetters: DeadLetterDesk }> = async (
  app,
  { deadLetters },
) => {
  app.get(
    "/admin/dead-letters",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "listDeadLetters",
        tags,
        summary: "List dead letters, newest first",
        querystring: ListLettersQuery,
        response: { 200: LetterPageSchema, ...operatorResponses("invalid_request", "store_unavailable") },
      },
    },
    async (request) => {
      const { letters, next } = await deadLetters.list({
        ...request.query,
        limit: request.query.limit ?? DEFAULT_PAGE,
      });
      return { letters: [...letters], next };
    },
  );

  app.get(
    "/admin/dead-letters/groups",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "groupDeadLetters",
        tags,
        summary: "Count dead letters by their reasons",
        response: { 200: LetterGroupsSchema, ...operatorResponses("store_unavailable") },
      },
    },
    async () => ({ groups: [...(await deadLetters.groups())] }),
  );

  app.get(
    "/admin/dead-letters/:letterId",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "readDeadLetter",
        tags,
        summary: "Read a dead letter, with its payload and what was done with it",
        params: LetterParameters,
        response: { 200: LetterSchema, ...operatorResponses("dead_letter_not_found", "store_unavailable") },
      },
    },
    async (request) => {
      const letter = await deadLetters.get(request.params.letterId);
      if (letter === null) throw letterNotFound();
      return { ...letter, headers: [...letter.headers], history: [...letter.history] };
    },
  );

  app.post(
    "/admin/dead-letters/redrive",
    {
      onRequest: requireRole("support"),
      schema: {
        operationId: "redriveDeadLetters",
        tags,
        summary: "Send records of dead letters again",
        description:
          "Select them by `ids`, by `code`, or `all` that are open. A part is done at a time, in about two seconds: repeat the " +
          "request with `cursor` until `next` is null. With `dryRun` nothing is sent, and each letter is answered with what " +
          "would follow, decided on the orders as they are stored now and on the letters before it in the selection.",
        body: RedriveBody,
        response: { 200: PartResultSchema, ...operatorResponses("invalid_request", "store_unavailable") },
      },
    },
    async (request) => {
      const { reason, dryRun = false, ratePerS, cursor } = request.body;
      const part = await (dryRun ? deadLetters.foresee : deadLetters.redrive)(operatorOf(request), {
        selection: selectionOf(request.body),
        reason,
        ...(ratePerS === undefined ? {} : { ratePerS }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return { items: [...part.items], next: part.next };
    },
  );

  app.post(
    "/admin/dead-letters/drop",
    {
      onRequest: requireRole("support"),
      schema: {
        operationId: "dropDeadLetters",
        tags,
        summary: "Leave dead letters as they are",
        description: "They are open no longer, and nothing is sent. Selected and answered in parts as by `redrive`.",
        body: DropBody,
        response: { 200: PartResultSchema, ...operatorResponses("invalid_request", "store_unavailable") },
      },
    },
    async (request) => {
      const { reason, cursor } = request.body;
      const part = await deadLetters.drop(operatorOf(request), {
        selection: selectionOf(request.body),
        reason,
        ...(cursor === undefined ? {} : { cursor }),
      });
      return { items: [...part.items], next: part.next };
    },
  );

  app.post(
    "/admin/dead-letters/:letterId/redrive",
    {
      onRequest: requireRole("support"),
      schema: {
        operationId: "redriveDeadLetter",
        tags,
        summary: "Send the record of a dead letter again, edited or as it was",
        description: "The letter keeps what arrived, and its history what was sent instead, by whom and why.",
        params: LetterParameters,
        body: RedriveOneBody,
        response: {
          200: LetterResultSchema,
          ...operatorResponses("invalid_request", "dead_letter_not_found", "store_unavailable"),
        },
      },
    },
    async (request) => {
      const { reason, dryRun = false, payload, key } = request.body;
      for (const [field, text] of Object.entries({ payload, key }))
        if (text?.isWellFormed() === false) throw noText(field);
      const edit = { ...(payload === undefined ? {} : { payload }), ...(key === undefined ? {} : { key }) };
      const selection = { ids: [request.params.letterId] };
      const handle = dryRun ? deadLetters.foresee : deadLetters.redrive;
      return onlyItem(await handle(operatorOf(request), { selection, reason, edit }));
    },
  );

  app.post(
    "/admin/dead-letters/:letterId/drop",
    {
      onRequest: requireRole("support"),
      schema: {
        operationId: "dropDeadLetter",
        tags,
        summary: "Leave a dead letter as it is",
        params: LetterParameters,
        body: DropOneBody,
        response: {
          200: LetterResultSchema,
          ...operatorResponses("invalid_request", "dead_letter_not_found", "store_unavailable"),
        },
      },
    },
    async (request) => {
      const selection = { ids: [request.params.letterId] };
      return onlyItem(await deadLetters.drop(operatorOf(request), { selection, reason: request.body.reason }));
    },
  );
};

function selectionOf({ ids, code, all }: Pick<DropRequestBody, "ids" | "code" | "all">): LetterSelection {
  if ([ids, code, all].filter((given) => given !== undefined).length !== 1) {
    const errors = [{ pointer: "", detail: "must have exactly one of ids, code and all" }];
    throw new Problem("invalid_request", "Say with one of `ids`, `code` and `all` which letters are meant.", {
      errors,
    });
  }
  return ids === undefined ? { code: code ?? null } : { ids };
}

function onlyItem({ items: [item] }: PartResult): LetterResult {
  if (item === undefined || item.outcome.type === "notFound") throw letterNotFound();
  return item;
}

function noText(field: string): Problem {
  const errors = [{ pointer: `/${field}`, detail: "holds half a character" }];
  return new Problem("invalid_request", `The body does not match the schema: /${field} holds half a character`, {
    errors,
  });
}

function letterNotFound(): Problem {
  return new Problem("dead_letter_not_found", "There is no dead letter of this id. It may take a second to be listed.");
}
