/** Who orders. Both fields end up in mail headers, so neither can carry what could break out of one. */
import Type from "typebox";

/** What a reader sees something of: a letter, a digit, a mark of punctuation or a symbol. Spaces of no width are none. */
export const SEEN = "[\\p{L}\\p{N}\\p{P}\\p{S}]";

/** Visible text in any script; no control, line-breaking or direction-overriding characters, no broken surrogates. */
export const VISIBLE_TEXT = `^(?=.*${SEEN})[^\\p{Cc}\\p{Cs}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]+$`;

const ATOM = "[A-Za-z0-9!#$%&*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

export const CustomerName = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: VISIBLE_TEXT,
  description: "A name in any script, without control characters",
  examples: ["Ada Lovelace"],
});

export const Email = Type.String({
  maxLength: 254,
  pattern: `^(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})+$`,
  description: "One plain e-mail address, without a display name, quotes or brackets",
  examples: ["ada@example.com"],
});

export const Customer = Type.Object({ name: CustomerName, email: Email }, { additionalProperties: false });

/** Why something is cancelled, in the words of whoever asks. */
export const Reason = Type.String({
  maxLength: 500,
  pattern: "^[^\\p{Cs}\\u0000]*$",
  description: "A reason in words, for the people who read the order later",
  examples: ["Ordered twice"],
});
