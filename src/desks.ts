/** What people work on behind the counter: the desks of payments, mails and dead letters, and who may use them. */
import type { DeadLetterDesk } from "./actors/dead-letter-desk.ts";
import { createDeskReader, type DeskReader } from "./actors/desk-reader.ts";
import { createMailDesk, type MailDesk } from "./actors/mail-desk.ts";
import { createOperatorAccess, type OperatorAccess } from "./actors/operator-access.ts";
import type { OrderReader } from "./actors/order-reader.ts";
import { createPaymentDecisions, type PaymentDecisions } from "./actors/payment-decisions.ts";
import { deadLetterDeskOf } from "./dead-letter-desk-of.ts";
import type { Catalogue } from "./domain/catalogue.ts";
import type { Config } from "./infra/config.ts";
import { operatorSecrets } from "./infra/operator-secrets.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { messageCodec } from "./schemas/inbox-messages.ts";
import type { Stores } from "./stores.ts";

export interface Desks {
  readonly operators: OperatorAccess;
  readonly paymentDesk: { readonly desk: DeskReader; readonly decisions: PaymentDecisions };
  readonly mailDesk: MailDesk;
  readonly deadLetters: DeadLetterDesk;
}

export function openDesks(deps: {
  readonly stores: Stores;
  readonly orderReader: OrderReader;
  readonly config: Config;
  readonly catalogue: Catalogue;
}): Desks {
  const { stores, orderReader, config, catalogue } = deps;
  const shared = { ...stores, orderReader, codec: messageCodec, clock: systemClock, random: systemRandom };
  return {
    operators: createOperatorAccess({ ...shared, keys: stores.operatorKeys, secrets: operatorSecrets }),
    paymentDesk: { desk: createDeskReader(shared), decisions: createPaymentDecisions(shared) },
    mailDesk: createMailDesk(shared),
    deadLetters: deadLetterDeskOf(stores, config, catalogue),
  };
}
