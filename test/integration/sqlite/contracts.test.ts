/** The embedded adapters keep every port's contract. */
import { actLogContract } from "../../support/contracts/act-log-contract.ts";
import { eventStoreContract } from "../../support/contracts/event-store-contract.ts";
import { mailLedgerContract } from "../../support/contracts/mail-ledger-contract.ts";
import { messageLogContract } from "../../support/contracts/message-log-contract.ts";
import { operatorKeysContract } from "../../support/contracts/operator-keys-contract.ts";
import { viewStoreContract } from "../../support/contracts/view-store-contract.ts";
import { createSqliteFixture, SHARDS } from "./sqlite-fixture.ts";

messageLogContract("SQLite", async () => {
  const fixture = await createSqliteFixture();
  return { ...fixture, shards: SHARDS, reopen: async () => (await fixture.reopen()).log };
});
eventStoreContract("SQLite", async () => {
  const fixture = await createSqliteFixture();
  return { ...fixture, reopen: async () => (await fixture.reopen()).store };
});
viewStoreContract("SQLite", async () => {
  const fixture = await createSqliteFixture();
  return { ...fixture, reopen: async () => (await fixture.reopen()).views };
});
mailLedgerContract("SQLite", async () => {
  const fixture = await createSqliteFixture();
  return { ...fixture, reopen: async () => (await fixture.reopen()).ledger };
});
actLogContract("SQLite", async () => {
  const fixture = await createSqliteFixture();
  return { ...fixture, reopen: async () => (await fixture.reopen()).actLog };
});
operatorKeysContract("SQLite", async () => {
  const fixture = await createSqliteFixture();
  return { ...fixture, keys: fixture.operatorKeys, reopen: async () => (await fixture.reopen()).operatorKeys };
});
