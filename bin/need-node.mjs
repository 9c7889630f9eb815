// Stands before whatever in package.json runs TypeScript, which an older Node would answer with a stack trace.
import { isNodeRecent, refuseOldNode } from "./node-version.mjs";

if (!isNodeRecent) refuseOldNode();
