/** The ids that callers choose. They become causes in the store and parts of log keys, so their alphabet is narrow. */
import Type from "typebox";

/** A payment, refund or command id. */
export const BusinessId = (description: string, example: string) =>
  Type.String({ pattern: "^[A-Za-z0-9._:-]{1,128}$", description, examples: [example] });

export const Sku = Type.String({
  pattern: "^[A-Za-z0-9._-]{1,64}$",
  description: "An article number from the catalogue",
  examples: ["margherita"],
});
