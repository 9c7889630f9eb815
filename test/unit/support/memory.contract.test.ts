/** The fakes of the ports keep the contracts of the ports, so that tests on them speak about real stores. */
import { systemClock } from "../../../src/infra/system-clock.ts";
import { actLogContract } from "../../support/contracts/act-log-contract.ts";
import { eventStoreContract } from "../../support/contracts/event-store-contract.ts";
import { mailLedgerContract } from "../../support/contracts/mail-ledger-contract.ts";
import { messageLogContract } from "../../support/contracts/message-log-contract.ts";
import { operatorKeysContract } from "../../support/contracts/operator-keys-contract.ts";
import { viewStoreContract } from "../../support/contracts/view-store-contract.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { createMemoryOperatorKeys } from "../../support/memory/memory-operator-keys.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";

const SHARDS = 4;
// Memory has nothing to close: what was stored is there when it is "opened" again.
const cleanup = async (): Promise<void> => {};

eventStoreContract("memory", async () => {
  const store = createMemoryEventStore();
  return { store, reopen: async () => store, cleanup };
});

mailLedgerContract("memory", async () => {
  const ledger = createMemoryMailLedger();
  return { ledger, views: createMemoryViewStore({ ledger }), reopen: async () => ledger, cleanup };
});

viewStoreContract("memory", async () => {
  const views = createMemoryViewStore({ ledger: createMemoryMailLedger() });
  return { views, reopen: async () => views, cleanup };
});

messageLogContract("memory", async () => {
  const log = createMemoryMessageLog({ clock: systemClock, shards: SHARDS });
  return { log, shards: SHARDS, reopen: async () => log, cleanup };
});

actLogContract("memory", async () => {
  const actLog = createMemoryActLog();
  return { actLog, reopen: async () => actLog, cleanup };
});

operatorKeysContract("memory", async () => {
  const keys = createMemoryOperatorKeys();
  return { keys, reopen: async () => keys, cleanup };
});
