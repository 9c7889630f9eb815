/** The MongoDB adapters keep every port's contract. */
import { actLogContract } from "../../support/contracts/act-log-contract.ts";
import { eventStoreContract } from "../../support/contracts/event-store-contract.ts";
import { mailLedgerContract } from "../../support/contracts/mail-ledger-contract.ts";
import { operatorKeysContract } from "../../support/contracts/operator-keys-contract.ts";
import { viewStoreContract } from "../../support/contracts/view-store-contract.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createMongoFixture } from "./mongo-fixture.ts";

describeWithEngines(
  "the stores on MongoDB",
  ({ mongoUrl }) => {
    const openStores = async () => {
      const fixture = createMongoFixture(mongoUrl);
      const stores = await fixture.open();
      const reopen = async () => {
        await stores.stop();
        return fixture.open();
      };
      return { stores, reopen, cleanup: () => stores.stop() };
    };

    eventStoreContract("MongoDB", async () => {
      const { stores, reopen, cleanup } = await openStores();
      return { store: stores.eventStore, reopen: async () => (await reopen()).eventStore, cleanup };
    });
    viewStoreContract("MongoDB", async () => {
      const { stores, reopen, cleanup } = await openStores();
      return { views: stores.viewStore, reopen: async () => (await reopen()).viewStore, cleanup };
    });
    mailLedgerContract("MongoDB", async () => {
      const { stores, reopen, cleanup } = await openStores();
      const { ledger, viewStore: views } = stores;
      return { ledger, views, reopen: async () => (await reopen()).ledger, cleanup };
    });
    actLogContract("MongoDB", async () => {
      const { stores, reopen, cleanup } = await openStores();
      return { actLog: stores.actLog, reopen: async () => (await reopen()).actLog, cleanup };
    });
    operatorKeysContract("MongoDB", async () => {
      const { stores, reopen, cleanup } = await openStores();
      return { keys: stores.operatorKeys, reopen: async () => (await reopen()).operatorKeys, cleanup };
    });
  },
  { engines: ["mongoUrl"] },
);
