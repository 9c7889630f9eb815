/** The keys of all operators: create one, whose secret is shown once, and revoke one. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { useAnnounce } from "../shell/announcer.tsx";
import { Failure, Skeleton } from "../shell/notices.tsx";
import { formatInstant } from "../time.ts";
import { adminDelete, adminGet } from "./admin-client.ts";
import { type CreatedKey, CreateKey } from "./create-key.tsx";
import type { Operator, SectionProps } from "./section.ts";

interface OperatorKey extends Operator {
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export function KeysPage({ operator }: SectionProps) {
  const [keys, setKeys] = useState<readonly OperatorKey[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const announce = useAnnounce();

  const load = useCallback(async (signal?: AbortSignal) => {
    const answer = await adminGet<{ readonly keys: readonly OperatorKey[] }>("/admin/keys", signal);
    if (signal?.aborted) return;
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type === "ok") setKeys(answer.value.keys);
  }, []);
  useEffect(() => {
    const reading = new AbortController();
    void load(reading.signal);
    return () => reading.abort();
  }, [load]);

  const revoke = async ({ keyId, name }: OperatorKey) => {
    const answer = await adminDelete(`/admin/keys/${keyId}`);
    if (answer.type === "problem") {
      setProblem(answer.problem);
      return;
    }
    if (created?.keyId === keyId) setCreated(null);
    announce(`The key of ${name} is revoked`);
    await load();
  };

  return (
    <>
      <section class="card console-section" aria-labelledby="keys-title">
        <h1 id="keys-title">Operators</h1>
        <p class="soft">Each has a key of their own, so that every act has a name.</p>
        {problem !== null && <Failure problem={problem} onRetry={() => void load()} />}
        {keys === null && problem === null && <Skeleton count={3} kind="mail" />}
        <ul class="keys">
          {keys?.map((key) => (
            <KeyRow key={key.keyId} held={key} isOwn={key.keyId === operator.keyId} onRevoke={() => revoke(key)} />
          ))}
        </ul>
      </section>
      <CreateKey
        created={created}
        onCreated={(key) => {
          setCreated(key);
          announce(`A key for ${key.name} was created`);
          void load();
        }}
      />
    </>
  );
}

interface KeyRowProps {
  readonly held: OperatorKey;
  /** True for the key that this very session has. */
  readonly isOwn: boolean;
  readonly onRevoke: () => Promise<void>;
}

function KeyRow({ held, isOwn, onRevoke }: KeyRowProps) {
  const { keyId, name, role, createdAt, revokedAt } = held;
  const [doing, setDoing] = useState<"nothing" | "asking" | "revoking">("nothing");
  const revoke = async () => {
    if (doing === "revoking") return;
    setDoing("revoking");
    await onRevoke();
    setDoing("nothing");
  };
  return (
    <li class={revokedAt === null ? "key" : "key key-revoked"} data-testid={`key-${keyId}`}>
      <div>
        <p>
          <strong>{name}</strong> <span class="chip">{role}</span> {isOwn && <span class="chip chip-good">you</span>}
        </p>
        <p class="soft key-facts">
          <span class="mono">{keyId}</span> created {formatInstant(createdAt)}
          {revokedAt !== null && `, revoked ${formatInstant(revokedAt)}`}
        </p>
      </div>
      {revokedAt === null && doing === "nothing" && (
        <button
          type="button"
          class="button button-quiet"
          aria-label={`Revoke the key of ${name}`}
          onClick={() => setDoing("asking")}
        >
          Revoke
        </button>
      )}
      {revokedAt === null && doing !== "nothing" && (
        <div class="confirm" role="group" aria-label={`Revoke the key of ${name}?`}>
          <button
            type="button"
            class="button button-bad"
            aria-disabled={doing === "revoking"}
            onClick={() => void revoke()}
            ref={(button) => button?.focus()}
          >
            {doing === "revoking" ? "Revoking…" : isOwn ? "Yes, and sign me out" : "Yes, revoke it"}
          </button>
          <button type="button" class="button button-quiet" onClick={() => setDoing("nothing")}>
            Keep it
          </button>
        </div>
      )}
    </li>
  );
}
