// Orderloom runs its TypeScript directly, which needs Node 24. This is plain JavaScript, so that any Node can read it.
const REQUIRED_MAJOR = 24;

export const isNodeRecent = Number(process.versions.node.split(".")[0]) >= REQUIRED_MAJOR;

/** Says what is wrong and what to do, in one sentence, and ends with status 1. */
export function refuseOldNode() {
  process.stderr.write(
    `orderloom: this is Node ${process.versions.node}, and Orderloom needs Node ${REQUIRED_MAJOR} or later; install it, or run 'npm ci' without --omit=optional on Linux or Windows to get the one it carries. [wrong_node]\n`,
  );
  process.exit(1);
}
