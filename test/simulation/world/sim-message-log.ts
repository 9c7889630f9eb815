/** The message log as one process reaches it: the shared broker, over the network, as a member of the group. */
import type { InboxConsumer, LogRecord, MessageLog } from "../../../src/actors/ports.ts";
import type { Broker } from "./broker.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { createGroupMember, type GroupMemberDeps } from "./group-member.ts";

export type SimMessageLogDeps = Omit<GroupMemberDeps, "handlers"> & {
  readonly broker: Broker;
  readonly group: ConsumerGroup;
};

export function createSimMessageLog(deps: SimMessageLogDeps): MessageLog {
  const { life, network, broker, group, luck } = deps;
  return {
    async produce(records) {
      if (records.length === 0) return;
      await network.write(life, "log", {
        name: "log.produce",
        effect: async () => broker.append(records),
        // Of each partition the first records, as every log that keeps their order.
        part: async () => broker.append(records.slice(0, luck.between(0, records.length, "part", life.name))),
      });
    },
    async consumeInbox(handlers): Promise<InboxConsumer> {
      const member = createGroupMember({ ...deps, handlers });
      group.join(member);
      return {
        async stop() {
          await member.stop();
          group.leave(member);
        },
      };
    },
    inboxLag: () =>
      network.read(life, "log", {
        name: "log.inboxLag",
        effect: async () => broker.inboxLag((shard) => group.ownerOf(shard)?.life.name ?? null),
      }),
    read: (topic, shard, fromOffset, limit): Promise<readonly LogRecord[]> =>
      network.read(life, "log", {
        name: "log.fetch",
        effect: async () => broker.partition(topic, shard).records.slice(fromOffset, fromOffset + limit),
      }),
    endOffsets: (topic) =>
      network.read(life, "log", {
        name: "log.fetch",
        effect: async () => new Map(broker.partitions(topic).map(({ shard, records }) => [shard, records.length])),
      }),
    asConsumed: async (records) => records,
  };
}
