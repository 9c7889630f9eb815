/** Creates a key for an operator, and shows it the one time that it can be seen. */
import { useState } from "preact/hooks";
import { errorAt, type Problem } from "../api/problem.ts";
import { Failure, Note } from "../shell/notices.tsx";
import { adminPost } from "./admin-client.ts";
import { type Operator, ROLES, type Role } from "./section.ts";

export interface CreatedKey extends Operator {
  readonly key: string;
}

const MEANINGS: Readonly<Record<Role, string>> = {
  viewer: "reads everything",
  support: "also decides about orders, letters, payments and mails",
  operator: "also manages keys",
};

interface CreateKeyProps {
  /** The key that was created last, until the page is left. */
  readonly created: CreatedKey | null;
  readonly onCreated: (key: CreatedKey) => void;
}

export function CreateKey({ created, onCreated }: CreateKeyProps) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("support");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSending, setIsSending] = useState(false);
  const nameError = errorAt(problem, "name");

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isSending) return;
    setIsSending(true);
    const answer = await adminPost<CreatedKey>("/admin/keys", { name: name.trim(), role });
    setIsSending(false);
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type !== "ok") return;
    setName("");
    onCreated(answer.value);
  };

  return (
    <section class="card console-section" aria-labelledby="create-key-title">
      <h2 id="create-key-title">New key</h2>
      {created !== null && (
        <Note tone="good" title={`The key of ${created.name}, shown this once`}>
          <p class="mono" data-testid="created-key">
            {created.key}
          </p>
          <p>Copy it now and hand it over safely: it is kept nowhere, and cannot be shown again.</p>
        </Note>
      )}
      <form class="create-key" onSubmit={(event) => void submit(event)}>
        <div class="field">
          <label for="key-name">Name</label>
          <input
            id="key-name"
            name="name"
            required
            maxLength={80}
            autoComplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            aria-invalid={nameError !== null}
            aria-describedby={nameError === null ? undefined : "key-name-error"}
            data-testid="key-name"
          />
          {nameError !== null && (
            <p class="field-error" id="key-name-error">
              {nameError}
            </p>
          )}
        </div>
        <fieldset class="roles">
          <legend>Role</legend>
          {ROLES.map((choice) => (
            <label key={choice} class="role">
              <input type="radio" name="role" checked={choice === role} onChange={() => setRole(choice)} />
              <span>
                <strong>{choice}</strong> <span class="soft">{MEANINGS[choice]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {problem !== null && nameError === null && <Failure problem={problem} />}
        <button type="submit" class="button button-primary" aria-disabled={isSending} data-testid="create-key">
          {isSending ? "Creating…" : "Create key"}
        </button>
      </form>
    </section>
  );
}
