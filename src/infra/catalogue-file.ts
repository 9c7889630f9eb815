/** Reads what the shop sells from its JSON file, and refuses a file that would price orders wrongly. */
import { readFileSync } from "node:fs";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { OperationalError } from "../actors/errors.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import { Currency } from "../schemas/money.ts";

const CatalogueSchema = Type.Object(
  {
    currency: Currency,
    items: Type.Array(
      Type.Object(
        {
          sku: Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" }),
          name: Type.String({ minLength: 1, maxLength: 200 }),
          description: Type.String({ maxLength: 1_000 }),
          priceMinor: Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 10_000 },
    ),
  },
  { additionalProperties: false },
);
const validator = Compile(CatalogueSchema);

/** @throws OperationalError `invalid_catalogue` when the file is missing, not JSON, or not a catalogue. */
export function loadCatalogue(path: string): Catalogue {
  const invalid = (reason: string, cause?: unknown) =>
    new OperationalError(
      "invalid_catalogue",
      `The catalogue ${path} cannot be used: ${reason}. Set CATALOGUE_FILE to a file like catalogue.json.`,
      {
        retryable: false,
        cause,
      },
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
  if (!validator.Check(parsed)) {
    const [first] = validator.Errors(parsed);
    throw invalid(`${first?.instancePath || "the file"} ${first?.message ?? "is not valid"}`);
  }
  const skus = new Set(parsed.items.map(({ sku }) => sku));
  if (skus.size !== parsed.items.length) throw invalid("two items have the same sku");
  return parsed;
}
