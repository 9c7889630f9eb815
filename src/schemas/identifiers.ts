/** The ids that callers choose. They become causes in the store and parts of log keys, so their alphabet is narrow. */
import Type from "typebox";

/** A payment, refund or command id. */
export const BusinessId = (description: string, example: string) =>
  Type.String({ pattern: "^[A-Za-z0-9._:-]{1,128}$", description, examples: [example] });

/** The id of a webhook. A dot would let somebody move the borders between the parts that are signed. */
export const WebhookId = Type.String({
  pattern: "^[\\x21-\\x2d\\x2f-\\x7e]{1,255}$",
  description: "The same in every attempt to deliver a webhook. 1 to 255 visible ASCII characters, without a dot",
  examples: ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"],
});

export const Sku = Type.String({
  pattern: "^[A-Za-z0-9._-]{1,64}$",
  description: "An article number from the catalogue",
  examples: ["margherita"],
});
