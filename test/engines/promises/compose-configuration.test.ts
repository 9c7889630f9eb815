/**
 * The settings of docker-compose.yml, as they are, run on the engines: only the addresses are others. No Docker is
 * needed for that, so the file's values are known to work wherever the engines are.
 */
import { expect, test } from "vitest";
import { composeEnvironment } from "../../support/compose.ts";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

/** What differs between a container's place and this one. */
const PLACES = ["HOST", "PORT", "REDPANDA_BROKERS", "MONGODB_URL", "SCHEMA_REGISTRY_URL", "SMTP_URL"];

/** What only the process that customers and payment providers reach needs. */
const ONLY_OF_THE_API = ["CURSOR_KEY", "PAYMENT_WEBHOOK_SECRETS", "DEMO_PAYMENTS"];

describeWithEngines("the configuration of docker-compose.yml", (engines) => {
  test("its API and two workers take, process and mail orders", async () => {
    const [api, worker] = [settingsOf("api"), settingsOf("worker")];
    const onlyOfTheApi = ["ROLE", ...ONLY_OF_THE_API].map((name) => [name, api[name]]);
    expect({ ...worker, ...Object.fromEntries(onlyOfTheApi) }).toEqual(api);
    const cluster = await startCluster(engines, {
      settings: { ...worker, SCHEMA_REGISTRY_URL: engines.registryUrl },
    });
    const { mongoUrl, environment } = cluster.installation;
    expect(new URL(composeEnvironment("api")["MONGODB_URL"] as string).search).toBe(new URL(mongoUrl).search);
    const load = await startLoad({ url: cluster.api.url, rate: 20 });
    await mailsArrive(cluster.sink, 60, 60_000);
    const { problems, figures } = await cluster.verdict(load);
    console.info(`compose-configuration: ${environment["SHARDS"]} shards, ${figures}`);
    expect(problems).toEqual([]);
  });
});

function settingsOf(service: string): Record<string, string> {
  return Object.fromEntries(Object.entries(composeEnvironment(service)).filter(([name]) => !PLACES.includes(name)));
}
