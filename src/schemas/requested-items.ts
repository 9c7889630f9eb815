/** What is ordered: articles and how many. Prices are never part of a request. */
import Type from "typebox";
import { Sku } from "./identifiers.ts";

export const RequestedItem = Type.Object(
  {
    sku: Sku,
    quantity: Type.Integer({ minimum: 1, maximum: 999, description: "How many", examples: [2] }),
  },
  { additionalProperties: false },
);

export const RequestedItems = Type.Array(RequestedItem, { minItems: 1, maxItems: 100 });
