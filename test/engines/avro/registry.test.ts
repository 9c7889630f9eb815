/** The schema registry takes our schemas as we mean them, and judges changes of them as the check of the project does. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { type AvroLogDeps, withAvro } from "../../../src/infra/avro/avro-log.ts";
import { createMessageRecords } from "../../../src/infra/avro/message-records.ts";
import { registerSchemas } from "../../../src/infra/avro/registered-schemas.ts";
import { createRegistryClient } from "../../../src/infra/avro/registry-client.ts";
import { readSchemaFiles } from "../../../src/infra/avro/schema-files.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { SCHEMA_CHANGES } from "../../support/schema-changes.ts";

/** The registry is shared and forgets nothing, so every test has subjects of its own. */
const newPrefix = (): string => `t${randomBytes(4).toString("hex")}-`;

describeWithEngines(
  "the schema registry",
  ({ registryUrl }) => {
    const deps = { clock: systemClock, random: systemRandom, metrics: { roundTrip() {} } };
    const client = createRegistryClient({ ...deps, url: registryUrl });
    const ask = async (path: string) => (await fetch(`${registryUrl}${path}`)).json();
    const avroDeps = (changes: Partial<AvroLogDeps>): AvroLogDeps => ({
      ...deps,
      registryUrl,
      eventsFormat: "avro",
      topicPrefix: newPrefix(),
      onError: (error) => expect.unreachable(error.message),
      ...changes,
    });
    const memoryLog = () => createMemoryMessageLog({ clock: systemClock, shards: 1 });

    test("takes every schema as FULL_TRANSITIVE, and gives the same id to whoever brings it again", async () => {
      const [files, prefix] = [readSchemaFiles(), newPrefix()];
      // As many processes as an installation may start at the same time.
      const starts = await Promise.all(Array.from({ length: 8 }, () => registerSchemas(client, files, prefix)));
      for (const ids of starts) expect(ids).toEqual(starts[0]);
      expect(starts[0]?.size).toBe(files.length);
      for (const { subject, recordName, text } of files) {
        const id = Number(starts[0]?.get(recordName));
        expect(await client.schemaOf(id)).toEqual({ type: "avro", text });
        expect(await ask(`/config/${prefix}${subject}`)).toEqual({ compatibilityLevel: "FULL_TRANSITIVE" });
        // Under a race a registry may count the same schema twice; its id is what counts.
        expect(await ask(`/subjects/${prefix}${subject}/versions/latest`)).toMatchObject({ id, schema: text });
      }
    });

    test.each(SCHEMA_CHANGES)(
      "judges as the check of the project does when $title: allowed is $allowed",
      async ({ versions, allowed, stricter = false }) => {
        const subject = `${newPrefix()}orders-orderloom.inbox.Sample`;
        await client.requireFullCompatibility(subject);
        for (const version of versions.slice(0, -1)) await client.register(subject, JSON.stringify(version));
        const verdict = client.register(subject, JSON.stringify(versions.at(-1)));
        if (allowed || stricter) expect(await verdict).toBeGreaterThan(0);
        else await expect(verdict).rejects.toMatchObject({ code: "schema_incompatible" });
      },
    );

    test("does not take two records under one subject, so each record has its own", async () => {
      const subject = `${newPrefix()}payments-value`;
      const [payment, refund] = readSchemaFiles().filter(({ topic }) => topic === "payments");
      await client.requireFullCompatibility(subject);
      await client.register(subject, String(payment?.text));
      await expect(client.register(subject, String(refund?.text))).rejects.toMatchObject({
        code: "schema_incompatible",
      });
    });

    test("knows an unknown id from an address that is none", async () => {
      expect(await client.schemaOf(2_000_000_000)).toEqual({ type: "unknown" });
      expect(await client.schemaOf(2 ** 31 - 1)).toEqual({ type: "unknown" });
      const elsewhere = createRegistryClient({ ...deps, url: `${registryUrl}/elsewhere` });
      await expect(elsewhere.schemaOf(1)).rejects.toMatchObject({ code: "registry_unavailable", retryable: true });
    });

    test("ends a start when somebody else holds one of our subjects", async () => {
      const prefix = newPrefix();
      const other = { type: "record", name: "pos.Ticket", fields: [{ name: "number", type: "long" }] };
      await client.register(`${prefix}orders-orderloom.inbox.SubmitOrder`, JSON.stringify(other));
      const failure = await withAvro(memoryLog(), avroDeps({ topicPrefix: prefix })).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(OperationalError);
      expect(failure).toMatchObject({ code: "schema_incompatible", retryable: false });
      expect((failure as Error).message).toContain(`${prefix}orders-orderloom.inbox.SubmitOrder`);
    });

    test("serves messages of producers and of ourselves alike", async () => {
      const [prefix, log] = [newPrefix(), memoryLog()];
      const decorated = await withAvro(log, avroDeps({ topicPrefix: prefix }));
      const toRecord = await createMessageRecords({ ...deps, url: registryUrl, topicPrefix: prefix });
      const orderId = "0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10";
      const message = { type: "CancelOrder", orderId, commandId: "c", reason: null } as const;
      await decorated.produce([toRecord(message)]);
      const values: unknown[] = [];
      const arrived = new Promise<void>((resolve) => {
        void decorated.consumeInbox({
          async onBatch({ records }) {
            values.push(...records.map(({ value }) => JSON.parse(String(value))));
            resolve();
          },
          onAssigned() {},
          onRevoked() {},
        });
      });
      await arrived;
      expect(values).toEqual([message]);
    });
  },
  { engines: ["registryUrl"], brokers: 0 },
);
