/** The desk of dead letters in a running service, over its HTTP API and with an operator's key. */
import type { DeadLetterDesk } from "../actors/dead-letter-desk.ts";
import type { CodeCounts } from "../actors/dead-letter-documents.ts";
import type {
  LetterDetail,
  LetterPage,
  LetterResult,
  LetterSelection,
  PartResult,
  RedriveRequest,
} from "../actors/dead-letter-requests.ts";
import { OperationalError } from "../actors/errors.ts";
import { connectToService } from "./admin-service.ts";

const PATH = "/admin/dead-letters";

/** The service knows by the key who asks, so the operator that is passed to the desk is not looked at. */
export function createRemoteDeadLetters(url: string): DeadLetterDesk {
  const service = connectToService(url);

  const handle = async (
    { selection, edit, ...more }: RedriveRequest,
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<PartResult> => {
    if (edit === undefined || !("ids" in selection)) {
      return service.call<PartResult>("POST", `${PATH}/redrive`, { ...wireOf(selection), ...more, dryRun });
    }
    const [id = ""] = selection.ids;
    const { reason } = more;
    const redriving = service.call<LetterResult>("POST", `${pathOf(id)}/redrive`, { ...edit, reason, dryRun });
    const item = await nullIfUnknown(redriving);
    return { items: [item ?? { id, outcome: { type: "notFound" } }], next: null };
  };

  return {
    list(query) {
      const parameters = Object.entries(query).map(([name, value]) => [name, String(value)] as [string, string]);
      return service.call<LetterPage>("GET", `${PATH}?${new URLSearchParams(parameters).toString()}`);
    },
    async groups() {
      return (await service.call<{ readonly groups: readonly CodeCounts[] }>("GET", `${PATH}/groups`)).groups;
    },
    get: (id) => nullIfUnknown(service.call<LetterDetail>("GET", pathOf(id))),
    foresee: (_operator, request) => handle(request, { dryRun: true }),
    redrive: (_operator, request) => handle(request, { dryRun: false }),
    drop: (_operator, { selection, ...more }) =>
      service.call<PartResult>("POST", `${PATH}/drop`, { ...wireOf(selection), ...more }),
  };
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

async function nullIfUnknown<Result>(asking: Promise<Result>): Promise<Result | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof OperationalError && error.code === "dead_letter_not_found") return null;
    throw error;
  }
}

function wireOf(selection: LetterSelection): object {
  if ("ids" in selection) return { ids: selection.ids };
  return selection.code === null ? { all: true } : { code: selection.code };
}
