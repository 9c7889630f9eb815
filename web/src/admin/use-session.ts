/** Who is signed in to the console, as the service says: at the beginning, after signing in or out, and when a session ends. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { adminDelete, adminGet, adminPost, onSignedOut } from "./admin-client.ts";
import type { Operator } from "./section.ts";

export type SessionState =
  | { readonly type: "asking" }
  | { readonly type: "signedOut" }
  | { readonly type: "signedIn"; readonly operator: Operator }
  | { readonly type: "failed"; readonly problem: Problem };

export interface Session {
  readonly state: SessionState;
  ask(): Promise<void>;
  /** Signs in; returns why that failed, or null. */
  signIn(key: string): Promise<Problem | null>;
  /** Signs out; returns why that failed, or null. */
  signOut(): Promise<Problem | null>;
}

const PATH = "/admin/session";

export function useSession(): Session {
  const [state, setState] = useState<SessionState>({ type: "asking" });
  useEffect(() => onSignedOut(() => setState({ type: "signedOut" })), []);

  const ask = useCallback(async () => {
    setState({ type: "asking" });
    const answer = await adminGet<Operator>(PATH);
    if (answer.type === "ok") setState({ type: "signedIn", operator: answer.value });
    else if (answer.problem.status !== 401) setState({ type: "failed", problem: answer.problem });
  }, []);
  useEffect(() => void ask(), [ask]);

  const signIn = useCallback(async (key: string) => {
    const answer = await adminPost<Operator>(PATH, { key });
    if (answer.type === "problem") return answer.problem;
    setState({ type: "signedIn", operator: answer.value });
    return null;
  }, []);

  const signOut = useCallback(async () => {
    const answer = await adminDelete(PATH);
    if (answer.type === "problem") return answer.problem;
    setState({ type: "signedOut" });
    return null;
  }, []);

  return { state, ask, signIn, signOut };
}
