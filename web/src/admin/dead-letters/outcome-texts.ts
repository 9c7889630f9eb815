/** What became of letters, or would, in words; and how many there are of each kind. */
import type { LetterOutcome, LetterResult } from "./letters-client.ts";

export interface OutcomeText {
  readonly tone: "good" | "warn" | "bad";
  readonly title: string;
  readonly detail: string;
}

export function textOf(outcome: LetterOutcome): OutcomeText {
  const reason = [outcome.code, outcome.detail].filter((part) => part !== undefined).join(": ");
  switch (outcome.type) {
    case "wouldApply": {
      const change = `${outcome.statusBefore ?? "new"} → ${outcome.statusAfter}`;
      const mails = outcome.mails ?? [];
      const mail = mails.length === 0 ? "no mail" : `mail: ${mails.join(", ")}`;
      return { tone: "good", title: change, detail: `${(outcome.events ?? []).join(", ")}; ${mail}` };
    }
    case "wouldChangeNothing":
      return {
        tone: "warn",
        title: "Nothing would change",
        detail: "It took effect before, or nothing is left for it to do.",
      };
    case "wouldBeRefused":
      return { tone: "bad", title: "It would fail again", detail: reason };
    case "redriven":
      return { tone: "good", title: "Sent again", detail: "If it fails again, a new letter names this one." };
    case "dropped":
      return { tone: "good", title: "Dropped", detail: "" };
    case "alreadyResolved":
      return {
        tone: "warn",
        title: "Settled before",
        detail: `The letter is ${outcome.state}, and nothing was done now.`,
      };
    case "notFound":
      return { tone: "bad", title: "Not there", detail: "There is no such letter." };
    default:
      return { tone: "bad", title: "It failed", detail: `${reason}. The letter is still open; try it again.` };
  }
}

/** How many results there are of each title, such as `Sent again: 3`. */
export function summaryOf(items: readonly LetterResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of items) {
    const { title } = textOf(outcome);
    counts.set(title, (counts.get(title) ?? 0) + 1);
  }
  return [...counts].map(([title, count]) => `${title}: ${count}`).join(", ");
}
