/** The sections of the console in the order of its navigation: one line for each. */
import { ActsPage } from "./acts-page.tsx";
import { DeadLettersPage } from "./dead-letters/dead-letters-page.tsx";
import { KeysPage } from "./keys-page.tsx";
import { MailsPage } from "./mails/mails-page.tsx";
import { OrdersPage } from "./orders/orders-page.tsx";
import { PaymentsPage } from "./payments/payments-page.tsx";
import type { Section } from "./section.ts";

export const SECTIONS: readonly Section[] = [
  { path: "dead-letters", title: "Dead letters", Page: DeadLettersPage },
  { path: "orders", title: "Orders", Page: OrdersPage },
  { path: "payments", title: "Payments", Page: PaymentsPage },
  { path: "mails", title: "Mails", Page: MailsPage },
  { path: "keys", title: "Operators", role: "operator", Page: KeysPage },
  { path: "acts", title: "Acts", Page: ActsPage },
];
