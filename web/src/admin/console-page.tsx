/** The frame of the console: signing in, then the sections that the operator's role may open, and signing out. */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { Empty, Failure, Skeleton } from "../shell/notices.tsx";
import { Link, navigate, useTitle } from "../shell/router.tsx";
import { mayActAs, type Operator, type Section } from "./section.ts";
import { SECTIONS } from "./sections.ts";
import { SignIn } from "./sign-in.tsx";
import { type Session, useSession } from "./use-session.ts";
import { useWaiting } from "./use-waiting.ts";

interface ConsolePageProps {
  /** The section of the address; null at /admin itself. */
  readonly section: string | null;
  readonly rest: readonly string[];
}

export function ConsolePage(props: ConsolePageProps) {
  const session = useSession();
  const { state } = session;
  switch (state.type) {
    case "asking":
      return (
        <div class="column" aria-busy="true">
          <h1 class="visually-hidden">Console</h1>
          <Skeleton count={4} kind="line" />
        </div>
      );
    case "failed":
      return (
        <div class="column">
          <h1>Console</h1>
          <Failure problem={state.problem} onRetry={() => void session.ask()} />
        </div>
      );
    case "signedOut":
      return <SignIn onSignIn={session.signIn} />;
    case "signedIn":
      return <SignedIn {...props} operator={state.operator} session={session} />;
  }
}

interface SignedInProps extends ConsolePageProps {
  readonly operator: Operator;
  readonly session: Session;
}

function SignedIn({ section, rest, operator, session }: SignedInProps) {
  const open = SECTIONS.filter(({ role = "viewer" }) => mayActAs(operator, role));
  const first = open[0]?.path;
  useEffect(() => {
    if (section === null && first !== undefined) navigate(`/admin/${first}`, { replace: true });
  }, [section, first]);
  const waiting = useWaiting([section, ...rest].join("/"));
  const current = open.find(({ path }) => path === section);
  return (
    <div class="console">
      <div class="console-head">
        <nav class="console-nav" aria-label="Console">
          {open.map(({ path, title }) => (
            <Link
              key={path}
              href={`/admin/${path}`}
              class="nav-link"
              aria-current={path === section ? "page" : undefined}
            >
              {title}
              {waiting[path] !== undefined && <Waits count={waiting[path]} />}
            </Link>
          ))}
        </nav>
        <Whoami operator={operator} session={session} />
      </div>
      {current !== undefined && <OpenSection key={current.path} section={current} operator={operator} rest={rest} />}
      {current === undefined && section !== null && <NoSection />}
    </div>
  );
}

function Waits({ count }: { readonly count: string }) {
  return (
    <span class={count === "0" ? "count count-none" : "count"} data-testid="waiting">
      {count}
      <span class="visually-hidden"> waiting</span>
    </span>
  );
}

function Whoami({ operator, session }: { readonly operator: Operator; readonly session: Session }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const signOut = async () => setProblem(await session.signOut());
  return (
    <div class="console-who">
      <span>
        <strong data-testid="operator-name">{operator.name}</strong> <span class="chip">{operator.role}</span>
      </span>
      <button type="button" class="button button-quiet" data-testid="sign-out" onClick={() => void signOut()}>
        Sign out
      </button>
      {problem !== null && <Failure problem={problem} />}
    </div>
  );
}

interface OpenSectionProps {
  readonly section: Section;
  readonly operator: Operator;
  readonly rest: readonly string[];
}

function OpenSection({ section: { title, Page }, operator, rest }: OpenSectionProps) {
  useTitle(`${title} · Console`);
  return <Page operator={operator} rest={rest} />;
}

function NoSection() {
  useTitle("Nothing here · Console");
  return (
    <Empty title="Nothing here for you">
      <p>The console has no such section, or your role does not open it.</p>
      <Link href="/admin" class="button button-quiet">
        To the console
      </Link>
    </Empty>
  );
}
