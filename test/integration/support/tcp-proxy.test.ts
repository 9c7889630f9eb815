/** The proxy does to a connection what the suites on real engines rely on. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

test("bytes pass in both directions, in order, and so does the end of a stream", async () => {
  const { client } = await connected();
  client.write("one ");
  client.end("two");
  expect(await received(client)).toBe("one two");
});

test("a delay holds back each direction by itself", async () => {
  const { proxy, client } = await connected();
  proxy.delay("toServer", 60);
  proxy.delay("toClient", 40);
  const startedMs = performance.now();
  client.end("late");
  expect(await received(client)).toBe("late");
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(95);
});

test("nothing passes while it is paused, and everything afterwards", async () => {
  const { proxy, client } = await connected();
  let text = "";
  client.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  proxy.pause();
  client.write("held");
  const other = connect(proxy.port, proxy.host);
  onTestFinished(() => void other.destroy());
  await once(other, "connect");
  await expect.poll(() => proxy.connections).toEqual({ total: 2, open: 2 });
  await expect.poll(() => proxy.held("toServer").toString()).toBe("held");
  expect(text).toBe("");
  proxy.resume();
  await expect.poll(() => text).toBe("held");
  expect(proxy.held("toServer")).toHaveLength(0);
});

test("a text can be waited for and held, with what comes after it, while the other direction flows", async () => {
  const { proxy, client, atServer } = await connected();
  proxy.pauseAt("toServer", "secret");
  client.write("open");
  expect((await nextChunk(client)).toString()).toBe("open");
  client.write("a secret");
  await expect.poll(() => proxy.held("toServer").toString()).toBe("a secret");
  atServer().write("hello");
  expect((await nextChunk(client)).toString()).toBe("hello");
  proxy.resume();
  expect((await nextChunk(client)).toString()).toBe("a secret");
});

test("a connection is reset after so many bytes, and the next one too", async () => {
  const { proxy, client } = await connected();
  proxy.resetAfter("toClient", 3);
  for (const socket of [client, connect(proxy.port, proxy.host)]) {
    const [text, error] = await untilReset(socket, "12345");
    expect("123".startsWith(text)).toBe(true);
    expect(error).toMatchObject({ code: "ECONNRESET" });
  }
});

test("dropped bytes never arrive", async () => {
  const { proxy, client, atServer } = await connected();
  proxy.drop("toServer", true);
  client.write("lost");
  // The other direction works: what comes back shows that the lost bytes had their time.
  atServer().write("hello");
  expect((await nextChunk(client)).toString()).toBe("hello");
  proxy.drop("toServer", false);
  client.end("kept");
  expect(await received(client)).toBe("kept");
});

/** A client that talks to an echoing server through a proxy. */
async function connected() {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await startTcpProxy({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const client = connect(proxy.port, proxy.host);
  onTestFinished(async () => {
    client.destroy();
    await proxy.stop();
    server.close();
  });
  await once(client, "connect");
  await expect.poll(() => accepted.length).toBe(1);
  return { proxy, client, atServer: () => accepted[0] as Socket };
}

async function nextChunk(client: Socket): Promise<Buffer> {
  const [chunk] = (await once(client, "data")) as [Buffer];
  return chunk;
}

async function received(client: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function untilReset(socket: Socket, sent: string): Promise<[string, unknown]> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
  });
  socket.write(sent);
  const error = await new Promise((resolve) => {
    socket.once("error", resolve);
  });
  return [text, error];
}
