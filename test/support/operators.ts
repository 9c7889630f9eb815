/** Operators for tests of what is behind the counter: one of each role, with a key that a request can carry. */
import type { DeadLetterDesk } from "../../src/actors/dead-letter-desk.ts";
import { createOperatorAccess, type OperatorAccess } from "../../src/actors/operator-access.ts";
import type { ActLog, Operator, OperatorKeys, Role } from "../../src/actors/operators.ts";
import type { Clock } from "../../src/actors/ports.ts";
import { operatorSecrets } from "../../src/infra/operator-secrets.ts";
import { createMemoryActLog } from "./memory/memory-act-log.ts";
import { createMemoryOperatorKeys } from "./memory/memory-operator-keys.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";

export interface TestOperators {
  readonly operators: OperatorAccess;
  readonly keys: OperatorKeys;
  readonly actLog: ActLog;
  /** A desk on which nothing lies. */
  readonly deadLetters: DeadLetterDesk;
  /** The Authorization header of a new operator of this role. */
  signIn(role: Role, name?: string): Promise<{ readonly authorization: string }>;
}

export const TEST_OPERATOR: Operator = { keyId: "0123456789ab", name: "Test", role: "operator" };

const NO_DEAD_LETTERS: DeadLetterDesk = {
  list: async () => ({ letters: [], next: null }),
  groups: async () => [],
  get: async () => null,
  foresee: async () => ({ items: [], next: null }),
  redrive: async () => ({ items: [], next: null }),
  drop: async () => ({ items: [], next: null }),
};

export function createTestOperators(clock: Pick<Clock, "nowMs">): TestOperators {
  const keys = createMemoryOperatorKeys();
  const actLog = createMemoryActLog();
  const random = createSeededRandom();
  const operators = createOperatorAccess({ keys, actLog, secrets: operatorSecrets, clock, random });
  return {
    operators,
    keys,
    actLog,
    deadLetters: NO_DEAD_LETTERS,
    async signIn(role, name = `Test ${role}`) {
      const { key } = await operators.createKey(TEST_OPERATOR, { name, role });
      return { authorization: `Bearer ${key}` };
    },
  };
}
