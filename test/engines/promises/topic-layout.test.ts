/** Topics that disagree with the shards are refused at the start, in one sentence that says what to do. */
import { expect, test } from "vitest";
import { withAdmin } from "../../support/engines/brokers.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createInstallation, kafkaClient } from "../../support/engines/installation.ts";
import { runOrderloom } from "../../support/service-process.ts";

const SHARDS = 8;

describeWithEngines(
  "a topic with one partition more than the others",
  (engines) => {
    test("nothing starts on it, and the message names the topic and both numbers", async () => {
      const installation = createInstallation(engines, { SHARDS: String(SHARDS), SMTP_URL: "smtp://127.0.0.1:1" });
      const { topicPrefix, environment } = installation;
      expect(await runOrderloom(["migrate"], environment)).toMatchObject({ code: 0 });
      await withAdmin(kafkaClient(engines.brokers), (admin) =>
        admin.createPartitions({ topicPartitions: [{ topic: `${topicPrefix}payments`, count: SHARDS + 1 }] }),
      );
      for (const ROLE of ["worker", "api"]) {
        const ended = await runOrderloom(["start"], { ...environment, ROLE, PORT: "0", CURSOR_KEY: "k".repeat(32) });
        expect(ended, ROLE).toMatchObject({ code: 1, stdout: "" });
        expect(ended.stderr.trim().split("\n"), ROLE).toHaveLength(1);
        expect(ended.stderr).toContain(`${topicPrefix}payments`);
        expect(ended.stderr).toMatch(/^orderloom: .*\b9\b.*\b8\b.*\[[a-z_]+\]|^orderloom: .*\b8\b.*\b9\b.*\[[a-z_]+\]/);
      }
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);
