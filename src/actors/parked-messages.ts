/** The messages of an order that could not be processed and wait for a person, from the view of dead letters. */
import { LETTERS_VIEW, type LetterSummary } from "./dead-letter-documents.ts";
import type { ViewStore } from "./ports.ts";

export type ParkedMessage = Pick<LetterSummary, "id" | "code" | "detail" | "parkedAt">;

export interface ParkedMessages {
  /** Those that nobody has dealt with, the latest first, up to a limit. */
  of(orderId: string): Promise<readonly ParkedMessage[]>;
}

const MOST = 20;

/** A message is an order's when its record has the order's id as its key. */
export function createParkedMessages(viewStore: Pick<ViewStore, "activeVersion" | "list">): ParkedMessages {
  return {
    async of(orderId) {
      const version = await viewStore.activeVersion(LETTERS_VIEW.name);
      if (version === null) return [];
      const found = await viewStore.list(
        { view: LETTERS_VIEW.name, version },
        { where: { key: orderId, state: "open" }, sortBy: "parkedAtMs", direction: "descending", limit: MOST },
      );
      return found.map(({ document }) => {
        const { id, code, detail, parkedAt } = document as unknown as LetterSummary;
        return { id, code, detail, parkedAt };
      });
    },
  };
}
