/**
 * A hand-written order service in one process: `node service.ts each-message|each-batch`. The environment is the service's
 * own: REDPANDA_BROKERS, MONGODB_URL, TOPIC_PREFIX, ROLE, SMTP_URL, MAIL_CONNECTIONS and CATALOGUE_FILE. Its topics must exist.
 */
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { MongoClient } from "mongodb";
import { loadCatalogue } from "../../../src/infra/catalogue-file.ts";
import { mendTimers } from "../../../src/infra/redpanda/mend-timers.ts";
import { endWithParent } from "../../child.ts";
import { createConfirmationMails } from "./confirmation-mails.ts";
import { consumeEachBatch } from "./each-batch.ts";
import { consumeEachMessage } from "./each-message.ts";
import { createFrontDoor } from "./front-door.ts";
import type { OrderDocument } from "./order-document.ts";

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

endWithParent();
// A defect of kafkajs and no choice of who writes by hand: without this a twentieth of a core is charged to them.
mendTimers();
const form = process.argv[2] === "each-batch" ? consumeEachBatch : consumeEachMessage;
const role = variable("ROLE");
const prefix = variable("TOPIC_PREFIX");
const topics = { orders: `${prefix}orders`, payments: `${prefix}payments` };
const kafka = new Kafka({
  clientId: "hand-written",
  brokers: variable("REDPANDA_BROKERS").split(","),
  logLevel: logLevel.ERROR,
});
const mongo = new MongoClient(variable("MONGODB_URL"), { writeConcern: { w: "majority", journal: true } });
await mongo.connect();
const orders = mongo.db().collection<OrderDocument>("orders");
const stops: (() => unknown)[] = [() => mongo.close()];
let url = "";

if (role !== "api") {
  const mails = createConfirmationMails(variable("SMTP_URL"), Number(variable("MAIL_CONNECTIONS")));
  stops.unshift(() => mails.close());
  const consumer = kafka.consumer({ groupId: variable("CONSUMER_GROUP") });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    process.stderr.write(`${error.stack}\n`);
    if (!restart) process.exit(1);
  });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  stops.unshift(() => consumer.disconnect());
  await form({ consumer, topics, orders, mails, partitionsAtOnce: Number(variable("PARTITIONS_AT_ONCE")) });
  await joined;
}

if (role !== "worker") {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  stops.unshift(() => producer.disconnect());
  const app = createFrontDoor({ producer, topics, orders, catalogue: loadCatalogue(variable("CATALOGUE_FILE")) });
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  stops.unshift(() => app.close());
}

const stop = async (): Promise<never> => {
  for (const close of stops) await close();
  process.exit(0);
};
process.once("SIGTERM", () => void stop());
// A terminal's Ctrl-C reaches every process; the bench says when this one has to go.
process.on("SIGINT", () => {});
process.stdout.write(`ready ${url}\n`);
