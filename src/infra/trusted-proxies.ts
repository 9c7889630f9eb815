/** Reads TRUST_PROXY: which proxies stand before the service, so that what they say of a client's address is believed. */
import { isIP, isIPv4 } from "node:net";

const PREFIX = /^[1-9]\d{0,2}$/;

/** Addresses and networks; null for a text that is no list of them. How many proxies there are would not tell who they are. */
export function readTrustedProxies(text: string): readonly string[] | null {
  const entries = text.split(",").map((entry) => entry.trim());
  return entries.every(isNetwork) ? entries : null;
}

/** A network of every address there is would believe anybody. */
function isNetwork(entry: string): boolean {
  const [address = "", prefix, ...rest] = entry.split("/");
  if (isIP(address) === 0 || rest.length > 0) return false;
  return prefix === undefined || (PREFIX.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128));
}
