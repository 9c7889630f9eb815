/**
 * Asks for the operator's key. A password manager can keep it; the page itself keeps nothing. The form says `post`, so that
 * even a browser that sends it by itself puts no key into an address.
 */
import { useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { Failure } from "../shell/notices.tsx";
import { useTitle } from "../shell/router.tsx";

export function SignIn({ onSignIn }: { readonly onSignIn: (key: string) => Promise<Problem | null> }) {
  useTitle("Sign in");
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSending, setIsSending] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isSending || key.trim() === "") return;
    setIsSending(true);
    const refused = await onSignIn(key.trim());
    if (refused === null) return;
    setProblem(refused);
    setIsSending(false);
  };

  return (
    <div class="column">
      <form class="card console-sign-in" method="post" onSubmit={(event) => void submit(event)}>
        <h1>Console</h1>
        <p class="soft">For those behind the counter. Sign in with your key.</p>
        <div class="field">
          <label for="operator-key">Key</label>
          <input
            id="operator-key"
            name="key"
            type="password"
            autoComplete="current-password"
            spellcheck={false}
            required
            placeholder="olk_…"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
            data-testid="operator-key"
          />
        </div>
        {problem !== null && <Failure problem={problem} />}
        <button type="submit" class="button button-primary button-wide" aria-disabled={isSending} data-testid="sign-in">
          {isSending ? "Signing in…" : "Sign in"}
        </button>
        <p class="soft console-hint">
          No key? Somebody with the role operator creates one under Operators, or with{" "}
          <code>orderloom keys create</code>.
        </p>
      </form>
    </div>
  );
}
