/** The key that signs cursors and the console's sessions. It is kept, so that both go on after a restart. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";

const KEY_BYTES = 32;

/** The key that the settings name, else the one of the data folder, which is made at the first start. */
export function cursorKeyOf({ CURSOR_KEY: secret, DATA_DIR: dataDir, ROLE: role }: Config): Buffer {
  if (secret !== undefined) return createHash("sha256").update(secret).digest();
  // A worker lists nothing, so it needs no folder.
  if (role === "worker") return randomBytes(KEY_BYTES);
  const file = join(dataDir, "cursor.key");
  if (existsSync(file)) {
    const key = readFileSync(file);
    if (key.length === KEY_BYTES) return key;
  }
  // Written under another name first: a crash in between must not leave a key that is short, and so easily guessed.
  const key = randomBytes(KEY_BYTES);
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${file}.new`, key, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return key;
}
