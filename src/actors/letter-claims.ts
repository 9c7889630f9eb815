/**
 * Who sends a dead letter's record again. The view of letters is about a second late, so two people may both find a letter
 * open; the first claims it, and whoever would send something else is told. What is the same is harmless when repeated.
 */
import { isSame } from "./is-same.ts";
import type { ViewDefinition, ViewStore, ViewVersion } from "./ports.ts";

/** What is sent of each letter, by the letter's id. It is kept when the letters' view is rebuilt. */
export const LETTER_CLAIMS_VIEW: ViewDefinition = { name: "dead-letter-claims", fields: {}, indexes: [] };
const CLAIMS: ViewVersion = { view: LETTER_CLAIMS_VIEW.name, version: 1 };

interface ClaimDocument {
  readonly claimId: string;
  /** What is sent instead of what the record was; null where it stays. */
  readonly payload: string | null;
  readonly key: string | null;
}

export interface LetterClaims {
  /** Claims a letter for what would be sent of it. @returns false when something else of it is sent. */
  take(letterId: string, edit: { readonly payload?: string; readonly key?: string }, claimId: string): Promise<boolean>;
  /** Gives a claim back under which nothing was sent. */
  giveBack(letterId: string, claimId: string): Promise<void>;
}

export function createLetterClaims(viewStore: Pick<ViewStore, "putNew" | "getMany" | "apply">): LetterClaims {
  return {
    async take(letterId, { payload = null, key = null }, claimId) {
      const own: ClaimDocument = { claimId, payload, key };
      const claims = await viewStore.putNew(CLAIMS, new Map([[letterId, { ...own }]]));
      const first = claims.get(letterId) as ClaimDocument | undefined;
      return first !== undefined && isSame([first.payload, first.key], [payload, key]);
    },
    async giveBack(letterId, claimId) {
      const first = (await viewStore.getMany(CLAIMS, [letterId])).get(letterId) as ClaimDocument | undefined;
      if (first?.claimId === claimId) await viewStore.apply([{ type: "delete", target: CLAIMS, id: letterId }]);
    },
  };
}
