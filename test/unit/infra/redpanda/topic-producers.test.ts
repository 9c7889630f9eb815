/** What becomes of a kafkajs producer after each kind of answer, with scripted producers and a clock that stands still. */
import kafkajs, { type RecordMetadata } from "kafkajs";
import { expect, test } from "vitest";
import type { OutgoingMessage } from "../../../../src/infra/redpanda/record-bytes.ts";
import { createTopicProducers } from "../../../../src/infra/redpanda/topic-producers.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";

const MESSAGE: OutgoingMessage = { key: Buffer.from("k"), value: Buffer.from("v"), headers: {}, partition: 3 };
const STORED: RecordMetadata = { topicName: "x-orders", partition: 3, errorCode: 0, baseOffset: "17" };
const TWO = [MESSAGE, { ...MESSAGE, partition: 2 }];
const FAILURE = new Error("a test lets it fail");
const TOO_LARGE = Object.assign(new kafkajs.KafkaJSProtocolError(FAILURE), { type: "MESSAGE_TOO_LARGE" });

test("one producer serves one send after the other", async () => {
  const world = start();
  expect(await world.send([STORED])).toEqual({ type: "stored" });
  expect(await world.send([STORED])).toEqual({ type: "stored" });
  expect(world.log).toEqual(["1 connects", "1 sends", "1 sends"]);
});

test("sends under way at once have a producer each", async () => {
  const world = start();
  await Promise.all([world.send([STORED]), world.send([STORED])]);
  await world.send([STORED]);
  expect(world.log.filter((line) => line.endsWith("connects"))).toHaveLength(2);
});

test.each<[string, RecordMetadata[]]>([
  ["is about another partition", [{ ...STORED, partition: 2 }]],
  ["is about another topic", [{ ...STORED, topicName: "x-payments" }]],
  ["has an error in it", [{ ...STORED, errorCode: 6 }]],
  ["has no offset", [{ topicName: "x-orders", partition: 3, errorCode: 0 }]],
  ["has an offset that was never given", [{ ...STORED, baseOffset: "-1" }]],
  ["covers more than was sent", [STORED, { ...STORED, partition: 4 }]],
])("an answer that %s does not count as stored, and its producer is not used again", async (_, answer) => {
  const world = start();
  expect(await world.send(answer)).toMatchObject({ type: "unknown" });
  await world.send([STORED]);
  expect(world.log).toEqual(["1 connects", "1 sends", "1 is given up", "2 connects", "2 sends"]);
});

test.each<[string, RecordMetadata[], number[]]>([
  ["nothing", [], [2, 3]],
  ["one of two partitions", [STORED], [2]],
  ["one of two partitions twice", [STORED, STORED], [2]],
])(
  "an answer about %s tells which partitions it lacks, and its producer is not used again",
  async (_, answer, lacks) => {
    const world = start();
    expect(await world.send(answer, 10_000, TWO)).toEqual({ type: "partly", missing: new Set(lacks) });
    await world.send([STORED]);
    expect(world.log).toEqual(["1 connects", "1 sends", "1 is given up", "2 connects", "2 sends"]);
  },
);

test("an answer about all partitions of a send is a stored one", async () => {
  const world = start();
  expect(await world.send([STORED, { ...STORED, partition: 2 }], 10_000, TWO)).toEqual({ type: "stored" });
});

test("when the part of one partition is too large, those of others may be stored, and the producer is not used again", async () => {
  const world = start();
  expect(await world.send(TOO_LARGE, 10_000, TWO)).toEqual({ type: "tooLarge" });
  await world.send([STORED]);
  expect(world.log).toEqual(["1 connects", "1 sends", "1 is given up", "2 connects", "2 sends"]);
});

test("a send without an answer ends at its deadline, and its producer is not used again", async () => {
  const world = start();
  const sending = world.send("nothing", 10_000);
  await world.clock.advance(9_999);
  expect(world.log.at(-1)).toBe("1 sends");
  await world.clock.advance(1);
  expect(await sending).toMatchObject({ type: "unknown", cause: { message: expect.stringContaining("10000 ms") } });
  await world.send([STORED]);
  expect(world.log).toEqual(["1 connects", "1 sends", "1 is given up", "2 connects", "2 sends"]);
});

test("a send that kafkajs gives up has an unknown outcome, and its producer is not used again", async () => {
  const world = start();
  expect(await world.send(FAILURE)).toEqual({ type: "unknown", cause: FAILURE });
  await world.send([STORED]);
  expect(world.log).toEqual(["1 connects", "1 sends", "1 is given up", "2 connects", "2 sends"]);
});

test("a batch that the brokers refuse as too large was certainly not stored, and its producer stays", async () => {
  const world = start();
  expect(await world.send(TOO_LARGE)).toEqual({ type: "tooLarge" });
  await world.send([STORED]);
  expect(world.log).toEqual(["1 connects", "1 sends", "1 sends"]);
});

test("without a connection nothing was sent", async () => {
  const world = start({ connect: () => Promise.reject(FAILURE) });
  expect(await world.send([STORED])).toEqual({ type: "notSent", cause: FAILURE });
  expect(world.log).toEqual(["1 connects", "1 is given up"]);
});

test("a connection that hangs is given up after 5 s", async () => {
  const world = start({ connect: () => new Promise(() => {}) });
  const sending = world.send([STORED]);
  await world.clock.advance(5_000);
  expect(await sending).toMatchObject({ type: "notSent" });
  expect(world.log).toEqual(["1 connects", "1 is given up"]);
});

test("stopping disconnects what is idle, and does not wait for a disconnect that hangs", async () => {
  const world = start({ disconnect: () => new Promise(() => {}) });
  await world.send([STORED]);
  const stopping = world.producers.stop();
  await settled();
  expect(world.log.at(-1)).toBe("1 disconnects");
  await world.clock.advance(1_000);
  await stopping;
  expect(world.log.at(-1)).toBe("1 is given up");
});

interface Setting {
  readonly connect?: () => Promise<void>;
  readonly disconnect?: () => Promise<void>;
}

function start({ connect = async () => {}, disconnect = async () => {} }: Setting = {}) {
  const clock = createManualClock();
  const log: string[] = [];
  let clients = 0;
  let answer: RecordMetadata[] | Error | "nothing" = [];
  const createClient = () => {
    clients += 1;
    const id = clients;
    const producer = {
      events: { REQUEST: "request" },
      on: () => {},
      connect() {
        log.push(`${id} connects`);
        return connect();
      },
      send() {
        log.push(`${id} sends`);
        if (answer === "nothing") return new Promise(() => {});
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      disconnect() {
        log.push(`${id} disconnects`);
        return disconnect();
      },
    };
    return { kafka: { producer: () => producer } as never, close: () => log.push(`${id} is given up`) };
  };
  const producers = createTopicProducers({
    brokers: [],
    clientId: "test",
    clock,
    random: { fraction: () => 0 },
    onComplaint() {},
    name: "x-orders",
    metrics: { sent() {}, fetched() {}, inserted() {}, extraPartitions() {}, roundTrip() {} },
    createClient,
  });
  return {
    clock,
    log,
    producers,
    send(next: RecordMetadata[] | Error | "nothing", deadlineMs = 10_000, messages = [MESSAGE]) {
      answer = next;
      return producers.send(messages, deadlineMs);
    },
  };
}
