/** The ids that callers choose. They become causes in the store and parts of log keys, so their alphabet is narrow. */
import Type from "typebox";

/** A payment, refund or command id. One of dots alone would name no place in an address: browsers take such parts out. */
export const BusinessId = (description: string, example: string) =>
  Type.String({ pattern: "^(?!\\.+$)[A-Za-z0-9._:-]{1,128}$", description, examples: [example] });

/**
 * The id by which the service itself names a payment: a caller's, or one that it made. The tilde is in no id of a caller,
 * so that nobody can send money under an id that was made here.
 */
export const PaymentName = Type.String({
  pattern: "^(?!\\.+$)[A-Za-z0-9._:~-]{1,256}$",
  description: "The payment's id at its order, or the id that the desk shows for a quarantined payment",
  examples: ["pay_5f2c9d"],
});

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
