/** Why a request was not answered as hoped: an RFC 9457 problem from the service, or one that the page makes up itself. */
export interface Problem {
  /** 0 when no answer came. */
  readonly status: number;
  /** The service's stable code, or one of the page: `unreachable`, `unexpected_answer` or `page_failed`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

/** What is wrong with one field of the body. `field` is its last name, for example `email`. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export const UNREACHABLE: Problem = {
  status: 0,
  code: "unreachable",
  title: "The kitchen did not answer",
  detail: "Check that the service is running, then try again.",
  errors: [],
};

/** The page itself failed: a defect of it, or a browser that lacks something. */
export const PAGE_FAILED: Problem = {
  status: 0,
  code: "page_failed",
  title: "Something went wrong on this page",
  detail: "Nothing is lost. Load the page again and try once more.",
  errors: [],
};

/** Reads the body of an answer that is not a success; a body of any shape gives a problem that can be shown. */
export function problemOf(status: number, body: unknown): Problem {
  const fields = recordOf(body);
  return {
    status,
    code: textOf(fields.code) ?? "unexpected_answer",
    title: textOf(fields.title) ?? `The service answered ${status}`,
    detail: textOf(fields.detail) ?? "Please try again in a moment.",
    errors: Array.isArray(fields.errors) ? fields.errors.flatMap(fieldErrorOf) : [],
  };
}

/** The message for one field of a form, when the service named that field. */
export function errorAt(problem: Problem | null, field: string): string | null {
  return problem?.errors.find((error) => error.field === field)?.message ?? null;
}

function fieldErrorOf(entry: unknown): FieldError[] {
  const fields = recordOf(entry);
  const place = textOf(fields.pointer) ?? textOf(fields.path);
  const message = textOf(fields.detail) ?? textOf(fields.message);
  if (place === null || message === null) return [];
  return [{ field: place.split(/[/.]/).at(-1) ?? "", message }];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
