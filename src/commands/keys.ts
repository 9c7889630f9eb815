/** `orderloom keys`: operator keys, in the stores that the environment names, or through a running service. */
import { OperationalError } from "../actors/errors.ts";
import { createOperatorAccess, type NewKey, type OperatorAccess, shownKey } from "../actors/operator-access.ts";
import type { Operator, OperatorKey, Role } from "../actors/operators.ts";
import { renderTable } from "../demo/table.ts";
import { loadConfig } from "../infra/config.ts";
import { operatorSecrets } from "../infra/operator-secrets.ts";
import { systemClock, systemRandom } from "../infra/system-clock.ts";
import { connectToService } from "./admin-service.ts";
import { atStores } from "./at-stores.ts";
import { withReadableStores } from "./with-stores.ts";

interface Place {
  /** A running service; the stores of the environment when it is left out. */
  readonly url?: string;
}

/** What can be done about keys, wherever they are. */
interface KeyDesk {
  create(key: { readonly name: string; readonly role: Role }): Promise<NewKey>;
  revoke(keyId: string): Promise<void>;
}

/** Creates a key; the key itself is all that standard output gets, so that it can be piped to where it is kept. */
export function createKey({
  name,
  role,
  json,
  url,
}: Place & { name: string; role: Role; json: boolean }): Promise<void> {
  return atDesk(url, async (desk) => {
    const created = await desk.create({ name, role });
    process.stderr.write(`A key for ${created.name} with the role ${created.role}. It is shown this once: keep it.\n`);
    process.stdout.write(json ? `${JSON.stringify(created, null, 2)}\n` : `${created.key}\n`);
  });
}

/** Prints all keys, revoked ones too. */
export async function listKeys({ json, url }: Place & { json: boolean }): Promise<void> {
  const keys = await (url === undefined ? keysInStores() : keysOfService(url));
  if (json) {
    process.stdout.write(`${JSON.stringify({ keys }, null, 2)}\n`);
    return;
  }
  const rows = keys.map(({ keyId, name, role, createdAt, revokedAt }) => [
    keyId,
    name,
    role,
    createdAt,
    revokedAt ?? "-",
  ]);
  const table =
    rows.length === 0 ? "There are no keys." : renderTable(["key", "name", "role", "created", "revoked"], rows);
  process.stdout.write(`${table}\n`);
}

/** Revokes a key. */
export function revokeKey(keyId: string, { url }: Place): Promise<void> {
  return atDesk(url, async (desk) => {
    await desk.revoke(keyId);
    process.stdout.write(`The key ${keyId} is revoked, and its sessions are over.\n`);
  });
}

function keysInStores(): Promise<readonly OperatorKey[]> {
  return withReadableStores(loadConfig(process.env), [], async ({ stores }) => {
    return (await stores.operatorKeys.list()).map(shownKey);
  });
}

async function keysOfService(url: string): Promise<readonly OperatorKey[]> {
  return (await connectToService(url).call<{ readonly keys: readonly OperatorKey[] }>("GET", "/admin/keys")).keys;
}

async function atDesk(url: string | undefined, use: (desk: KeyDesk) => Promise<void>): Promise<void> {
  if (url !== undefined) return use(deskOfService(url));
  await atStores(({ stores }, by) => {
    const deps = { keys: stores.operatorKeys, actLog: stores.actLog, clock: systemClock, random: systemRandom };
    return use(deskOfStores(createOperatorAccess({ ...deps, secrets: operatorSecrets }), by));
  });
}

function deskOfService(url: string): KeyDesk {
  const service = connectToService(url);
  return {
    create: (key) => service.call("POST", "/admin/keys", key),
    revoke: (keyId) => service.call("DELETE", `/admin/keys/${encodeURIComponent(keyId)}`),
  };
}

function deskOfStores(access: OperatorAccess, by: Operator): KeyDesk {
  return {
    create: (key) => access.createKey(by, key),
    async revoke(keyId) {
      switch (await access.revokeKey(by, keyId)) {
        case "revoked":
          return;
        case "unknown":
          throw refusal("key_not_found", `There is no key ${keyId}: see \`orderloom keys list\`.`);
        case "lastOperator":
          throw refusal("last_operator_key", "Without this key nobody could manage keys: create another one first.");
      }
    },
  };
}

function refusal(code: "key_not_found" | "last_operator_key", message: string): OperationalError {
  return new OperationalError(code, message, { retryable: false });
}
