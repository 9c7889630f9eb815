/** A server that answers as a standalone mongod does: everything is well until a transaction begins. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { BSON } from "mongodb";

const OP_QUERY = 2004;
const OP_REPLY = 1;
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const NOT_A_MEMBER = "Transaction numbers are only allowed on a replica set member or mongos";

const GREETINGS: ReadonlySet<string> = new Set(["hello", "isMaster", "ismaster"]);
/** Of MongoDB 7; it names no replica set. */
const GREETING = {
  helloOk: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};

export interface StandaloneServer {
  /** Host and port. */
  readonly host: string;
  stop(): Promise<void>;
}

export async function startStandalone(): Promise<StandaloneServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0));
        received = received.subarray(message.length);
        socket.write(answerTo(message));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

function answerTo(message: Buffer): Buffer {
  const requestId = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === OP_QUERY) {
    // The first greeting of a connection: flags, the name of a collection, two numbers, and the question.
    const nameEnd = message.indexOf(0, HEADER_BYTES + 4);
    const reply = Buffer.alloc(20);
    reply.writeInt32LE(1, 16);
    return framed(requestId, OP_REPLY, [reply, BSON.serialize(answer(message.subarray(nameEnd + 9)))]);
  }
  // Flags, then a section of kind 0 with the command; documents of an insert come after it.
  return framed(requestId, OP_MSG, [Buffer.alloc(5), BSON.serialize(answer(message.subarray(HEADER_BYTES + 5)))]);
}

function framed(requestId: number, opCode: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + body.length, 0);
  header.writeInt32LE(requestId, 8);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, body]);
}

function answer(bytes: Buffer): BSON.Document {
  const command = BSON.deserialize(bytes.subarray(0, bytes.readInt32LE(0)));
  if ("txnNumber" in command) return { ok: 0, code: 20, codeName: "IllegalOperation", errmsg: NOT_A_MEMBER };
  const name = Object.keys(command)[0] ?? "";
  if (GREETINGS.has(name)) return { ...GREETING, isWritablePrimary: true, ismaster: true, localTime: new Date() };
  if (name === "buildInfo") return { version: "7.0.14", ok: 1 };
  if (name !== "listCollections") return { ok: 1 };
  return { cursor: { id: BSON.Long.ZERO, ns: "orderloom.$cmd.listCollections", firstBatch: [] }, ok: 1 };
}
