/** `orderloom reconcile` on a data folder, as a process of its own: what it compared, and what it found. */
import { runOrderloom } from "./service-process.ts";

export interface Report {
  readonly unexplained: number;
  readonly compared: { readonly orders: number };
  readonly discrepancies: readonly { readonly kind: string; readonly subject: string; readonly remedy: string }[];
}

export async function reconcile(dataDir: string): Promise<{ code: number | null; stderr: string; report: Report }> {
  const { code, stdout, stderr } = await runOrderloom(["reconcile", "--json", "--quiet"], { DATA_DIR: dataDir });
  return { code, stderr, report: JSON.parse(stdout) as Report };
}
