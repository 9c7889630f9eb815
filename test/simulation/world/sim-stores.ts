/** The stores as one process reaches them: shared and durable, behind a network that fails. */
import type { ActLog } from "../../../src/actors/operators.ts";
import type { ApplyResult, Commit, EventStore, MailLedger, ViewStore } from "../../../src/actors/ports.ts";
import type { Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import type { CallName } from "../scenario/scenario.ts";
import type { Network } from "./network.ts";

interface Reach {
  readonly life: Life;
  readonly network: Network;
  readonly luck: Luck;
}

export function reachEventStore({ life, network, luck }: Reach, store: EventStore): EventStore {
  const read = <R>(name: CallName, effect: () => Promise<R>) => network.read(life, "stores", { name, effect });
  return {
    append: (commits) =>
      network.write(life, "stores", {
        name: "events.append",
        effect: () => store.append(commits),
        // An ordered insert that breaks off has stored the first ones.
        part: () => store.append(commits.slice(0, luck.between(0, commits.length, "part", life.name))),
      }),
    readOrders: (shard, orderIds) => read("events.readOrders", () => store.readOrders(shard, orderIds)),
    readShard: (shard, after, limit) => read("events.readShard", () => store.readShard(shard, after, limit)),
    head: (shard) => read("events.head", () => store.head(shard)),
    changedShards: (after) => {
      const asked = new Map(after);
      return read("events.changedShards", () => store.changedShards(asked));
    },
  };
}

export function reachViewStore({ life, network }: Reach, views: ViewStore): ViewStore {
  const read = <R>(name: CallName, effect: () => Promise<R>) => network.read(life, "stores", { name, effect });
  const write = <R>(name: CallName, effect: () => Promise<R>) => network.write(life, "stores", { name, effect });
  return {
    define: (definition, version) => write("views.apply", () => views.define(definition, version)),
    apply: (writes, checkpoint) => write("views.apply", () => views.apply(writes, checkpoint)),
    putNew: (target, documents) => write("views.apply", () => views.putNew(target, documents)),
    getMany: (target, ids) => read("views.list", () => views.getMany(target, ids)),
    list: (target, query) => read("views.list", () => views.list(target, query)),
    scan: (target, page) => read("views.list", () => views.scan(target, page)),
    checkpoint: (reactor) => read("views.checkpoint", () => views.checkpoint(reactor)),
    resetCheckpoint: (reactor) => write("views.apply", () => views.resetCheckpoint(reactor)),
    activeVersion: (view) => read("views.list", () => views.activeVersion(view)),
    activate: (target) => write("views.apply", () => views.activate(target)),
  };
}

export function reachMailLedger({ life, network }: Reach, ledger: MailLedger): MailLedger {
  const read = <R>(name: CallName, effect: () => Promise<R>) => network.read(life, "stores", { name, effect });
  const write = <R>(name: CallName, effect: () => Promise<R>) => network.write(life, "stores", { name, effect });
  return {
    claim: (request) => write("ledger.claim", () => ledger.claim(request)),
    record: (outcomes) => write("ledger.record", () => ledger.record(outcomes)),
    abandon: (request) => write("ledger.abandon", () => ledger.abandon(request)),
    unreported: (shards, limit) => read("ledger.unreported", () => ledger.unreported(shards, limit)),
    counts: () => read("ledger.unreported", () => ledger.counts()),
    get: (messageIds) => read("ledger.unreported", () => ledger.get(messageIds)),
    scan: (page) => read("ledger.unreported", () => ledger.scan(page)),
    list: (query) => read("ledger.unreported", () => ledger.list(query)),
    decide: (messageId, decision) => write("ledger.record", () => ledger.decide(messageId, decision)),
  };
}

export function reachActLog({ life, network }: Reach, actLog: ActLog): ActLog {
  return {
    append: (act) => network.write(life, "stores", { name: "views.apply", effect: () => actLog.append(act) }),
    list: (query) => network.read(life, "stores", { name: "views.list", effect: () => actLog.list(query) }),
  };
}

/** What the stores have done, as it becomes durable. */
export interface StoreObserver {
  stored(commit: Commit): void;
  applied(result: ApplyResult["type"], ...applied: Parameters<ViewStore["apply"]>): void;
  ledgerChanged(what: string): void;
}
