/** The end-to-end tests start the program as a user does, who has built the web page and the mails first. */
import { execSync } from "node:child_process";

export function setup(): void {
  execSync("npm run --silent build", { stdio: ["ignore", "ignore", "inherit"] });
}
