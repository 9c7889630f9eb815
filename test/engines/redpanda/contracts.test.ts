/** The adapter for Redpanda keeps the contract of the message log. */
import { messageLogContract } from "../../support/contracts/message-log-contract.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createRedpandaFixture, SHARDS } from "./redpanda-fixture.ts";

describeWithEngines(
  "message log",
  ({ brokers }) => {
    messageLogContract("Redpanda", async () => {
      const fixture = createRedpandaFixture(brokers);
      let log = fixture.open();
      await log.ensureTopics();
      return {
        log,
        shards: SHARDS,
        async reopen() {
          await log.stop();
          log = fixture.open();
          return log;
        },
        cleanup: fixture.cleanup,
      };
    });
  },
  { engines: ["brokers"] },
);
