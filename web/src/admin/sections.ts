/** The sections of the console in the order of its navigation: one line for each. */
import { ActsPage } from "./acts-page.tsx";
import { KeysPage } from "./keys-page.tsx";
import type { Section } from "./section.ts";

export const SECTIONS: readonly Section[] = [
  { path: "keys", title: "Operators", role: "operator", Page: KeysPage },
  { path: "acts", title: "Acts", Page: ActsPage },
];
