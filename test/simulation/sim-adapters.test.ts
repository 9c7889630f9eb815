/** The simulated adapters keep the contracts of the ports, so that what a simulation finds is said of real ones, too. */
import { eventStoreContract } from "../support/contracts/event-store-contract.ts";
import { mailLedgerContract } from "../support/contracts/mail-ledger-contract.ts";
import { messageLogContract } from "../support/contracts/message-log-contract.ts";
import { viewStoreContract } from "../support/contracts/view-store-contract.ts";
import { createMemoryMailLedger } from "../support/memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "../support/memory/memory-view-store.ts";
import { createCoverage } from "./engine/coverage.ts";
import { createLife } from "./engine/life.ts";
import { createLuck } from "./engine/luck.ts";
import { realTime } from "./engine/real-time.ts";
import { createBroker } from "./world/broker.ts";
import { createCallFaults } from "./world/call-faults.ts";
import { createConsumerGroup } from "./world/consumer-group.ts";
import { createNetwork } from "./world/network.ts";
import { createSimEventStore } from "./world/sim-event-store.ts";
import { createSimMessageLog } from "./world/sim-message-log.ts";
import { reachEventStore, reachMailLedger, reachViewStore } from "./world/sim-stores.ts";

const SHARDS = 4;
const cleanup = async (): Promise<void> => {};

function createSurroundings() {
  const kernel = realTime;
  const luck = createLuck(1, kernel);
  const coverage = createCoverage();
  const faults = createCallFaults({ faults: [], startMs: 0, kernel, coverage });
  const network = createNetwork({ kernel, luck, faults, maxLatencyMs: 1, healsAtMs: 0, crash() {} });
  /** How a process reaches what is shared; another one after each opening. */
  const reach = () => ({ life: createLife("process", kernel), network, luck });
  return { kernel, luck, coverage, network, reach };
}

eventStoreContract("simulated", async () => {
  const { reach } = createSurroundings();
  const shared = createSimEventStore({ onStored() {} });
  return { store: reachEventStore(reach(), shared), reopen: async () => reachEventStore(reach(), shared), cleanup };
});

mailLedgerContract("simulated", async () => {
  const { reach } = createSurroundings();
  const shared = createMemoryMailLedger();
  return {
    ledger: reachMailLedger(reach(), shared),
    views: reachViewStore(reach(), createMemoryViewStore({ ledger: shared })),
    reopen: async () => reachMailLedger(reach(), shared),
    cleanup,
  };
});

viewStoreContract("simulated", async () => {
  const { reach } = createSurroundings();
  const shared = createMemoryViewStore({ ledger: createMemoryMailLedger() });
  return { views: reachViewStore(reach(), shared), reopen: async () => reachViewStore(reach(), shared), cleanup };
});

messageLogContract("simulated", async () => {
  const { kernel, luck, coverage, network, reach } = createSurroundings();
  const broker = createBroker({ kernel, shards: SHARDS, observer: { appended() {}, committed() {} } });
  const timing = { sessionMs: 1_000, maxNoticeMs: 1, eager: false };
  const group = createConsumerGroup({ kernel, luck, network, coverage, shards: SHARDS, ...timing });
  const open = async () =>
    createSimMessageLog({
      ...reach(),
      kernel,
      broker,
      group,
      coverage,
      maxBatchRecords: 200,
      takesStaleOffsets: () => true,
      // A test lets batches fail as no pipeline does.
      onBug() {},
    });
  return { log: await open(), shards: SHARDS, reopen: open, cleanup };
});
