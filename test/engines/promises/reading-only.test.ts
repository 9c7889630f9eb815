/**
 * Commands that only look create nothing on the engines: pointed at the wrong installation, a reconciliation must not make one
 * there. They say in one sentence what is missing, and leave what is there as it is.
 */
import { MongoClient } from "mongodb";
import { expect, test } from "vitest";
import { withAdmin } from "../../support/engines/brokers.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createInstallation, type Installation, kafkaClient } from "../../support/engines/installation.ts";
import { runOrderloom } from "../../support/service-process.ts";

const SHARDS = 4;
const READING = [
  ["reconcile", "--quiet"],
  ["lag"],
  ["dead-letters", "list"],
  ["dead-letters", "show", "payments-0-0"],
  ["dead-letters", "redrive", "--all", "--dry-run", "--quiet"],
  ["keys", "list"],
];
const TOPICS = ["orders", "payments", "order-commands", "order-events", "dead-letters"];

describeWithEngines(
  "a command that only looks",
  (engines) => {
    test("creates nothing where nothing is, and says what is missing", async () => {
      const installation = createInstallation(engines, { SHARDS: String(SHARDS) });
      for (const command of READING) {
        const ended = await runOrderloom(command, installation.environment);
        expect(ended, command.join(" ")).toMatchObject({ code: 1, stdout: "" });
        expect(ended.stderr.trim().split("\n"), command.join(" ")).toHaveLength(1);
        for (const topic of TOPICS) expect(ended.stderr).toContain(`${installation.topicPrefix}${topic}`);
        expect(ended.stderr).toMatch(
          /collections settings, transactionSessions, commits, .*orderloom migrate.*\[not_prepared\]/,
        );
      }
      expect(await contentOf(engines, installation)).toEqual({ topics: [], collections: {} });
    });

    test("changes nothing where all is, and finds what has gone", async () => {
      const installation = createInstallation(engines, { SHARDS: String(SHARDS) });
      const { environment, mongoUrl, topicPrefix } = installation;
      expect(await runOrderloom(["migrate"], environment)).toMatchObject({ code: 0, stderr: "" });
      const before = await contentOf(engines, installation);
      expect(before.topics).toHaveLength(TOPICS.length);
      for (const command of READING) {
        const { code, stderr } = await runOrderloom(command, environment);
        const isAboutOne = command.includes("show");
        expect([code, stderr.trim()], command.join(" ")).toEqual(
          isAboutOne ? [1, expect.stringContaining("[dead_letter_not_found]")] : [0, ""],
        );
      }
      expect(await contentOf(engines, installation)).toEqual(before);

      const index = Object.entries(before.collections["commits"] ?? {}).find(([name]) => name.includes("cause"))?.[0];
      await withDatabase(mongoUrl, (db) => db.collection("commits").dropIndex(String(index)));
      const withoutIndex = await contentOf(engines, installation);
      const differs = await runOrderloom(["reconcile", "--quiet"], environment);
      expect([differs.code, differs.stderr]).toEqual([1, expect.stringContaining("[reconciliation_differs]")]);
      expect(differs.stdout).toMatch(new RegExp(`index_missing .*orderloom migrate.*\\n  commits\\.${index}`));
      expect(differs.stdout).toMatch(/\n1 unexplained\n$/);
      expect(await runOrderloom(["lag"], environment)).toMatchObject({ code: 0 });
      expect(await contentOf(engines, installation)).toEqual(withoutIndex);

      await withDatabase(mongoUrl, (db) => db.collection("mails").drop());
      await withAdmin(kafkaClient(engines.brokers), (admin) =>
        admin.deleteTopics({ topics: [`${topicPrefix}order-events`] }),
      );
      await expect
        .poll(async () => (await contentOf(engines, installation)).topics, { timeout: 30_000 })
        .toHaveLength(TOPICS.length - 1);
      const { code, stderr } = await runOrderloom(["reconcile", "--quiet"], environment);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(`lack the topics ${topicPrefix}order-events and the collections mails, and this command`),
      ]);
      expect((await contentOf(engines, installation)).topics).toHaveLength(TOPICS.length - 1);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

interface Content {
  readonly topics: readonly string[];
  /** The keys of their indexes by their names, by the names of the collections. */
  readonly collections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What the engines hold of an installation, apart from its records. */
async function contentOf(engines: { readonly brokers: string }, installation: Installation): Promise<Content> {
  const topics = await withAdmin(kafkaClient(engines.brokers), (admin) => admin.listTopics());
  return withDatabase(installation.mongoUrl, async (db) => {
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).toSorted();
    const collections: Record<string, Record<string, unknown>> = {};
    for (const name of names) {
      const indexes = await db.collection(name).indexes();
      const documents = await db.collection(name).countDocuments();
      collections[name] = { documents, ...Object.fromEntries(indexes.map((index) => [index.name, index.key])) };
    }
    return { topics: topics.filter((topic) => topic.startsWith(installation.topicPrefix)).toSorted(), collections };
  });
}

async function withDatabase<Result>(
  url: string,
  use: (db: ReturnType<MongoClient["db"]>) => Promise<Result>,
): Promise<Result> {
  const client = new MongoClient(url);
  try {
    return await use(client.db());
  } finally {
    await client.close();
  }
}
