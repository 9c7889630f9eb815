/** Operators, their keys and their acts as the API has them. */
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { Role } from "../actors/operators.ts";
import { VISIBLE_TEXT } from "./customer.ts";
import { Instant } from "./instant.ts";
import { oneOf } from "./one-of.ts";

export const RoleSchema = oneOf<Role>({
  viewer: "reads everything",
  support: "also decides about orders, letters, payments and mails",
  operator: "also manages keys",
});

export const OperatorName = Type.String({
  minLength: 1,
  maxLength: 80,
  pattern: VISIBLE_TEXT,
  description: "Whose key it is: a name in any script, without control characters",
  examples: ["Ann"],
});

const operatorName = Compile(OperatorName);

/** True for a name that a key may have. */
export function isOperatorName(text: string): boolean {
  return operatorName.Check(text);
}

const who = {
  keyId: Type.String({ description: "Names the key; no secret", examples: ["5f0c9a3be871"] }),
  name: Type.String({ examples: ["Ann"] }),
  role: RoleSchema,
};

export const OperatorSchema = Type.Object(who);

export const NewKeySchema = Type.Object({ name: OperatorName, role: RoleSchema }, { additionalProperties: false });
export type NewKeyRequest = Static<typeof NewKeySchema>;

const key = {
  ...who,
  createdAt: Instant("When it was created"),
  revokedAt: Type.Union([Instant("When it was revoked"), Type.Null()], {
    description: "When it was revoked; null while it is good",
  }),
};
export const KeySchema = Type.Object(key);
export const CreatedKeySchema = Type.Object({
  ...key,
  key: Type.String({
    description: "The key itself. This answer is the only one that ever has it: keep it now",
    examples: ["olk_5f0c9a3be871_ID8mcvv1eVwSkQFVQ6Im0wJv3EmLO1ytcn7aPrGfWbE"],
  }),
});
export const KeyListSchema = Type.Object({ keys: Type.Array(KeySchema) });

export const ActSchema = Type.Object({
  actId: Type.String({ description: "Ids sort by time" }),
  at: Instant("When it was done"),
  operator: OperatorSchema,
  act: Type.String({ description: "What was done", examples: ["key.created"] }),
  target: Type.Union([Type.String(), Type.Null()], { description: "The id of what it was done to" }),
  reason: Type.Union([Type.String(), Type.Null()], { description: "Why, in the operator's words" }),
  details: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object", additionalProperties: true }),
});
export const ActListSchema = Type.Object({
  acts: Type.Array(ActSchema),
  next: Type.Union([Type.String(), Type.Null()], { description: "`before` of the next page; null on the last one" }),
});
