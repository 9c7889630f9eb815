/** Finds the process behind a port of this machine, so that an engine that was started elsewhere can be charged its CPU. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { parentOf } from "../proc.ts";
import type { Address } from "./engines.ts";

const LISTENING = "0A";
const LOOPBACK = /^(127\.|localhost$|::1$|\[::1\]$)/;
/** Forwards to a process that cannot be seen from here. */
const FORWARDERS = /^(docker-proxy|rootlessport|slirp4netns|ssh)$/;

/** The process that listens on an address; null when it is on another machine, in a container or hidden from this user. */
export function listenerOn({ host, port }: Address): number | null {
  if (!LOOPBACK.test(host)) return null;
  const inodes = new Set(["tcp", "tcp6"].flatMap((table) => listeningInodes(table, port)));
  const holders = processIds().filter((pid) => socketInodesOf(pid).some((inode) => inodes.has(inode)));
  // Children may have inherited the socket.
  const pid = holders.find((holder) => !holders.includes(parentOf(holder) ?? 0));
  return pid === undefined || FORWARDERS.test(readFileSync(`/proc/${pid}/comm`, "latin1").trim()) ? null : pid;
}

/** A process and all that descend from it, as they are now. */
export function processTree(root: number): readonly number[] {
  const children = Map.groupBy(processIds(), (pid) => parentOf(pid) ?? 0);
  const tree: number[] = [];
  for (
    let generation = [root];
    generation.length > 0;
    generation = generation.flatMap((pid) => children.get(pid) ?? [])
  )
    tree.push(...generation);
  return tree;
}

function processIds(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** Lines of /proc/net/tcp: number, local address:port, remote, state, queues, timer, retransmits, user, timeout, inode. */
function listeningInodes(table: string, port: number): readonly string[] {
  let text: string;
  try {
    text = readFileSync(`/proc/net/${table}`, "latin1");
  } catch {
    return [];
  }
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(ending) === true && state === LISTENING)
    .map((fields) => fields[9] ?? "");
}

function socketInodesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode ?? [];
    });
  } catch {
    // It ended, or it belongs to another user.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
