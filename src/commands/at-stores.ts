/** Commands of operators on the stores themselves: in whose name, and what to do where a running service holds them. */
import { userInfo } from "node:os";
import { OperationalError } from "../actors/errors.ts";
import type { Operator } from "../actors/operators.ts";
import { type CommandContext, withStores } from "./with-stores.ts";

/** Runs an operator's command on the stores that the environment names. */
export async function atStores(run: (context: CommandContext, by: Operator) => Promise<void>): Promise<void> {
  try {
    await withStores((context) => run(context, operatorOfMachine()));
  } catch (error) {
    throw error instanceof OperationalError && error.code === "data_folder_in_use" ? askTheService(error) : error;
  }
}

/** Who can open the stores may do anything with them; the audit says at least which user of the machine it was. */
export function operatorOfMachine(): Operator {
  return { keyId: "command-line", name: userOfMachine(), role: "operator" };
}

function userOfMachine(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return "unknown user";
  }
}

function askTheService(cause: OperationalError): OperationalError {
  const message =
    "The service has its data folder to itself while it runs. Ask the service instead: set ORDERLOOM_KEY to your " +
    "operator key and add --url http://127.0.0.1:3000, or use its console at /admin. Or stop it first.";
  return new OperationalError("data_folder_in_use", message, { retryable: false, cause });
}
