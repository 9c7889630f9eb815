/** A headless browser that npm brings along, with the libraries it needs on a bare system. */
import { type Browser, chromium as playwright } from "playwright-core";

export type OpenedBrowser =
  | { readonly type: "opened"; readonly browser: Browser }
  | { readonly type: "unavailable"; readonly reason: string };

/** An address of the shop that is neither HTTPS nor this machine by name, as a phone in the same network sees it. */
export const OTHER_HOST = "shop.example";

/** Not the arguments that the package proposes: those switch off what the tests are to see, such as web security. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  `--host-resolver-rules=MAP ${OTHER_HOST} 127.0.0.1`,
];

/** Starts the browser; says why when this system cannot run it. */
export async function openBrowser(): Promise<OpenedBrowser> {
  // The package brings the shared libraries for one system and unpacks them only when it believes to be there.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs24.x";
  const { default: chromium } = await import("@sparticuz/chromium");
  try {
    const executablePath = await chromium.executablePath();
    return { type: "opened", browser: await playwright.launch({ executablePath, args: ARGUMENTS, headless: true }) };
  } catch (error) {
    return { type: "unavailable", reason: (error as Error).message.split("\n")[0] ?? "unknown" };
  }
}
