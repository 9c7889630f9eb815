/** A spoiled connection to the store: clients that use its URL keep to the proxy, because they ask for no other member. */
import { onTestFinished } from "vitest";
import { startTcpProxy, type TcpProxy } from "../tcp-proxy.ts";
import type { Installation } from "./installation.ts";

export interface MongoProxy {
  readonly proxy: TcpProxy;
  /** The installation's database, through the proxy. */
  urlOf(installation: Pick<Installation, "mongoUrl">): string;
}

/** Starts a proxy before the store; it ends after the test. */
export async function startMongoProxy(mongoUrl: string): Promise<MongoProxy> {
  const { hostname: host, port } = new URL(mongoUrl);
  const proxy = await startTcpProxy({ host, port: Number(port) });
  onTestFinished(() => proxy.stop());
  return {
    proxy,
    urlOf(installation) {
      const url = new URL(installation.mongoUrl);
      url.hostname = proxy.host;
      url.port = String(proxy.port);
      url.searchParams.set("directConnection", "true");
      return url.href;
    },
  };
}
