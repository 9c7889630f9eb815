/**
 * Refuses a change of the schemas that some reader or writer of any earlier version would not understand
 * (`npm run check:schemas`), and takes a compatible change into the history (`npm run check:schemas -- --accept`).
 */
import { parseArgs } from "node:util";
import { SCHEMAS_FOLDER } from "../src/infra/avro/schema-files.ts";
import { acceptSchemas, checkSchemas } from "./schemas/check.ts";

const { values } = parseArgs({ options: { accept: { type: "boolean", default: false } } });
const check = checkSchemas(SCHEMAS_FOLDER);
for (const problem of check.problems) console.error(`schemas: ${problem}`);
if (check.problems.length > 0) {
  process.exitCode = 1;
} else if (check.unaccepted.length === 0) {
  const git = check.comparedWithGit ? "" : " (without git to compare with)";
  console.log(`${check.schemas} schemas and all their ${check.versions} versions can read one another${git}.`);
} else if (values.accept) {
  acceptSchemas(SCHEMAS_FOLDER, check);
  for (const subject of check.unaccepted) console.log(`accepted: ${subject}`);
} else {
  for (const subject of check.unaccepted) console.error(`schemas: ${subject} is new or changed`);
  console.error("The changes are compatible. Take them into the history: npm run check:schemas -- --accept");
  process.exitCode = 1;
}
