/**
 * The console's way to the service: same-origin requests with the session's cookie, and a header that no foreign page
 * can send. An answer that the session is over is told to the console, which then asks for the key again.
 */
import { type Answer, send } from "../api/client.ts";

const SIGNED_OUT = "orderloom:signed-out";
const HEADERS = { Accept: "application/json", "X-Orderloom-Console": "1" } as const;

export function adminGet<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  return watched(send<T>(path, { headers: HEADERS }, signal));
}

export function adminPost<T>(path: string, body: unknown): Promise<Answer<T>> {
  const headers = { ...HEADERS, "Content-Type": "application/json" };
  return watched(send<T>(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export function adminDelete(path: string): Promise<Answer<unknown>> {
  return watched(send<unknown>(path, { method: "DELETE", headers: HEADERS }));
}

/** Calls `listener` when an answer says that nobody is signed in; the returned function ends that. */
export function onSignedOut(listener: () => void): () => void {
  window.addEventListener(SIGNED_OUT, listener);
  return () => window.removeEventListener(SIGNED_OUT, listener);
}

async function watched<T>(answering: Promise<Answer<T>>): Promise<Answer<T>> {
  const answer = await answering;
  if (answer.type === "problem" && answer.problem.status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
  return answer;
}
