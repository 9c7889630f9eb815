/** A schema for a closed set of words, which explains each of them in the OpenAPI document. */
import Type from "typebox";

/** One of the keys of `words`; the values say what they mean. */
export const oneOf = <Word extends string>(words: Readonly<Record<Word, string>>) =>
  Type.Unsafe<Word>({
    type: "string",
    enum: Object.keys(words),
    description: Object.entries(words)
      .map(([word, meaning]) => `\`${word}\`: ${String(meaning)}`)
      .join("; "),
  });
