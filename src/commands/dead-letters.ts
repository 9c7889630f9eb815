/** `orderloom dead-letters`: look at dead letters, send their records again, and drop them. */
import { readFileSync } from "node:fs";
import type { LetterState } from "../actors/dead-letter-documents.ts";
import type { DeadLetterLookup } from "../actors/dead-letter-lookup.ts";
import { letterIdOf } from "../actors/dead-letter-records.ts";
import type {
  LetterDetail,
  LetterOutcome,
  LetterResult,
  LetterSelection,
  PartResult,
} from "../actors/dead-letter-requests.ts";
import { OperationalError } from "../actors/errors.ts";
import { createProgress } from "../demo/progress.ts";
import { renderTable } from "../demo/table.ts";
import { assertNever } from "../domain/assert-never.ts";
import { printable } from "./printable.ts";
import { onStopRequest } from "./stop-requests.ts";
import { withDeadLetterLookup, withDeadLetters } from "./with-dead-letters.ts";

interface Where {
  readonly url?: string;
  readonly json: boolean;
}

interface Selected extends Where {
  readonly code?: string;
  readonly all: boolean;
  readonly reason?: string;
  readonly quiet: boolean;
}

interface Redrive extends Selected {
  readonly dryRun: boolean;
  readonly rate: number;
  readonly payload?: string;
  readonly key?: string;
}

const MAX_DETAIL_COLUMN = 70;

/** Prints how many letters there are of each code, and the newest of them. */
export function listDeadLetters({
  url,
  json,
  ...query
}: Where & {
  readonly state: LetterState | "any";
  readonly code?: string;
  readonly limit: number;
  readonly cursor?: string;
}): Promise<void> {
  const { state, code, limit, cursor } = query;
  return withDeadLetterLookup(url, async (desk) => {
    const [groups, { letters, next }] = await Promise.all([
      desk.groups(),
      desk.list({
        limit,
        ...(state === "any" ? {} : { state }),
        ...(code === undefined ? {} : { code }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
    ]);
    if (json) {
      print(JSON.stringify({ groups, letters, next }, null, 2));
      return;
    }
    if (groups.length === 0) {
      print("There are no dead letters.");
      return;
    }
    const counts = groups.map((group) => [group.code, group.open, group.redriven, group.dropped]);
    print(renderTable(["code", "open", "redriven", "dropped"], counts));
    const rows = letters.map((letter) => [
      letter.id,
      letter.parkedAt,
      letter.state,
      letter.code,
      shortened(letter.detail),
    ]);
    if (rows.length > 0) print(`\n${renderTable(["id", "parked at", "state", "code", "detail"], rows)}`);
    if (next !== null) print(`\nThere are more: add --cursor ${next}`);
  });
}

/** Prints one letter with its payload and its history. */
export function showDeadLetter(text: string, { url, json }: Where): Promise<void> {
  return withDeadLetterLookup(url, async (desk) => {
    const id = idOf(text);
    const letter = await desk.get(id);
    if (letter === null) throw notFound(id);
    print(json ? JSON.stringify(letter, null, 2) : inWords(letter));
  });
}

/** Sends records again, or says what would follow. The exit code is 1 when one of them failed or would be refused. */
export function redriveDeadLetters(ids: readonly string[], options: Redrive): Promise<void> {
  const { dryRun, rate, payload, key, url } = options;
  const selection = selectionOf(ids, options);
  if ((payload !== undefined || key !== undefined) && !("ids" in selection && selection.ids.length === 1)) {
    throw usage("--payload and --key change one letter: name exactly one.");
  }
  const edit = {
    ...(payload === undefined ? {} : { payload: textOf(payload) }),
    ...(key === undefined ? {} : { key }),
  };
  const request = {
    selection,
    reason: reasonOf(options, dryRun),
    ratePerS: rate,
    ...(Object.keys(edit).length === 0 ? {} : { edit }),
  };
  const part = (cursor: string | null) => ({ ...request, ...(cursor === null ? {} : { cursor }) });
  return dryRun
    ? withDeadLetterLookup(url, (lookup, by) =>
        inParts(lookup, options, selection, (cursor) => lookup.foresee(by, part(cursor))),
      )
    : withDeadLetters(url, (desk, by) => inParts(desk, options, selection, (cursor) => desk.redrive(by, part(cursor))));
}

/** Leaves letters as they are. */
export function dropDeadLetters(ids: readonly string[], options: Selected): Promise<void> {
  const selection = selectionOf(ids, options);
  const reason = reasonOf(options, false);
  return withDeadLetters(options.url, (desk, operator) =>
    inParts(desk, options, selection, (cursor) =>
      desk.drop(operator, { selection, reason, ...(cursor === null ? {} : { cursor }) }),
    ),
  );
}

/** Works a selection off, a part at a time, and prints what became of each letter. Ctrl-C ends it after the part in progress. */
async function inParts(
  desk: Pick<DeadLetterLookup, "groups">,
  { json, quiet }: Selected,
  selection: LetterSelection,
  next: (cursor: string | null) => Promise<PartResult>,
): Promise<void> {
  const total = await countOf(desk, selection);
  const progress = createProgress({ label: "letters", quiet: quiet || total === 0 });
  const items: LetterResult[] = [];
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  onStopRequest(interrupt, () => process.exit(1));
  try {
    let cursor: string | null = null;
    do {
      const part: PartResult = await next(cursor);
      items.push(...part.items);
      progress.update(items.length, Math.max(total, items.length));
      cursor = part.next;
    } while (cursor !== null && !isInterrupted);
  } finally {
    // What was done before something failed must be seen, too.
    progress.stop();
    printItems(items, json);
  }
  if (isInterrupted) process.stderr.write("Interrupted: the letters that are not printed are as they were.\n");
  if (isInterrupted || items.some(({ outcome }) => isFailure(outcome))) process.exitCode = 1;
}

async function countOf(desk: Pick<DeadLetterLookup, "groups">, selection: LetterSelection): Promise<number> {
  if ("ids" in selection) return selection.ids.length;
  const groups = await desk.groups();
  return groups
    .filter(({ code }) => selection.code === null || selection.code === code)
    .reduce((sum, { open }) => sum + open, 0);
}

function printItems(items: readonly LetterResult[], json: boolean): void {
  if (json) {
    print(JSON.stringify({ items }, null, 2));
    return;
  }
  if (items.length > 0) {
    print(
      renderTable(
        ["id", "result", ""],
        items.map(({ id, outcome }) => [id, outcome.type, explained(outcome)]),
      ),
    );
  }
  const failed = items.filter(({ outcome }) => isFailure(outcome)).length;
  print(`${items.length === 1 ? "1 letter" : `${items.length} letters`}, ${failed} failed.`);
}

function isFailure({ type }: LetterOutcome): boolean {
  return type === "failed" || type === "notFound" || type === "wouldBeRefused";
}

function explained(outcome: LetterOutcome): string {
  switch (outcome.type) {
    case "wouldApply": {
      const { statusBefore, statusAfter, events, mails } = outcome;
      const mail = mails.length === 0 ? "" : `; mail: ${mails.join(", ")}`;
      return `${statusBefore ?? "new"} -> ${statusAfter}: ${events.join(", ")}${mail}`;
    }
    case "wouldChangeNothing":
      return `the order stays ${outcome.status ?? "unknown"}`;
    case "wouldBeRefused":
    case "failed":
      return `${outcome.code}: ${shortened(outcome.detail)}`;
    case "alreadyResolved":
      return outcome.state;
    case "redriven":
    case "dropped":
    case "notFound":
      return "";
    default:
      return assertNever(outcome);
  }
}

function inWords({ headers, history, source, payload, encoding, ...letter }: LetterDetail): string {
  const rows = [
    ["id", letter.id],
    ["state", letter.state],
    ["code", letter.code],
    ["detail", letter.detail],
    ["came from", `${source.topic}, shard ${source.shard}, offset ${source.offset}, at ${source.at}`],
    ["parked at", letter.parkedAt],
    ...(letter.predecessor === null ? [] : [["sent again from", letter.predecessor]]),
    ["key", letter.key],
    ...headers.map(({ name, value }) => [`header ${name}`, value]),
    ...history.map(({ act, at, operator, reason, editedPayload, editedKey }) => [
      act,
      `${at} by ${operator.name}: ${reason}` +
        (editedKey === null ? "" : `\n  with the key ${editedKey}`) +
        (editedPayload === null ? "" : `\n  with the payload ${editedPayload}`),
    ]),
  ];
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  const lines = rows.map(([name = "", value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, `payload (${letter.payloadBytes} bytes, ${encoding})`, payload].join("\n");
}

function selectionOf(ids: readonly string[], { code, all }: Selected): LetterSelection {
  const ways = [ids.length > 0, code !== undefined, all].filter(Boolean).length;
  if (ways !== 1) throw usage("Say which letters are meant: by their ids, by --code, or --all.");
  return ids.length > 0 ? { ids: ids.map(idOf) } : { code: code ?? null };
}

function reasonOf({ reason }: Selected, isDryRun: boolean): string {
  if (reason !== undefined && reason.trim() !== "") return reason;
  if (isDryRun) return "dry run";
  throw usage("Say why with --reason: it is kept with each letter.");
}

function idOf(text: string): string {
  const id = letterIdOf(text);
  if (id === null) throw usage(`${text} is not the id of a dead letter, such as payments-3-17.`);
  return id;
}

/** A payload from a file; from standard input where the name is `-`. */
function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    throw usage(`The payload cannot be read from ${file}: ${(cause as Error).message}.`);
  }
}

function usage(message: string): OperationalError {
  return new OperationalError("invalid_request", message, { retryable: false });
}

function notFound(id: string): OperationalError {
  return new OperationalError("dead_letter_not_found", `There is no dead letter ${id}.`, { retryable: false });
}

function shortened(text: string): string {
  return text.length > MAX_DETAIL_COLUMN ? `${text.slice(0, MAX_DETAIL_COLUMN - 1)}…` : text;
}

function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
