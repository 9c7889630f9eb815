/** The payment desk of the HTTP harness: on views in memory, which nothing writes unless a test does. */
import { createDeskReader } from "../../src/actors/desk-reader.ts";
import type { ActLog } from "../../src/actors/operators.ts";
import type { OrderReader } from "../../src/actors/order-reader.ts";
import { createPaymentDecisions } from "../../src/actors/payment-decisions.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import type { PaymentDeskDeps } from "../../src/http/admin/payment-routes.ts";
import type { ManualClock } from "./memory/manual-clock.ts";
import { createMemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { createMemoryViewStore } from "./memory/memory-view-store.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";

export async function createTestDesk(deps: {
  readonly orderReader: OrderReader;
  readonly actLog: ActLog;
  readonly clock: ManualClock;
}): Promise<PaymentDeskDeps> {
  const { clock } = deps;
  const viewStore = createMemoryViewStore({ ledger: createMemoryMailLedger() });
  await activeOrdersVersion(viewStore);
  const log = createMemoryMessageLog({ clock, shards: 1 });
  return {
    desk: createDeskReader({ ...deps, viewStore }),
    decisions: createPaymentDecisions({ ...deps, viewStore, log, codec: plainCodec, random: createSeededRandom() }),
  };
}
