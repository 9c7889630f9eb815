/**
 * The mail server of the bench, in a process of its own. Each mail becomes a line `orderId receivedAtMs times` on
 * standard output, `times` counting the mails with its Message-ID. All that came in one turn of the event loop leave in
 * one write, so a line is late by less than a turn; the time in it is when the mail's last byte was read.
 */
import { type AddressInfo, createServer } from "node:net";
import { endWithParent } from "./child.ts";
import { nowMs } from "./clock.ts";
import { serveSmtp } from "./smtp-session.ts";

const ORDER_ID = /^x-order-id:\s*(\S+)/im;
const MESSAGE_ID = /^message-id:\s*(\S+)/im;
const MAX_REMEMBERED = 5_000_000;

const timesSeen = new Map<string, number>();
let lines = "";

function report(header: string): void {
  const messageId = MESSAGE_ID.exec(header)?.[1] ?? "none";
  const times = (timesSeen.get(messageId) ?? 0) + 1;
  if (times > 1 || timesSeen.size < MAX_REMEMBERED) timesSeen.set(messageId, times);
  if (lines === "") setImmediate(flush);
  lines += `${ORDER_ID.exec(header)?.[1] ?? "none"} ${nowMs().toFixed(3)} ${times}\n`;
}

function flush(): void {
  process.stdout.write(lines);
  lines = "";
}

endWithParent();
const server = createServer((socket) => serveSmtp(socket, report));
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
