/** Which page an address shows, and the address of each page. */
export type Route =
  | { readonly page: "storefront" }
  | { readonly page: "tracker"; readonly orderId: string }
  | { readonly page: "inbox"; readonly mailId: string | null; readonly orderId: string | null }
  /** The console; `rest` is what the section makes of its own address. */
  | { readonly page: "admin"; readonly section: string | null; readonly rest: readonly string[] }
  | { readonly page: "nowhere" };

const MAIL_ID = /^\d+$/;

/** Reads an address; one that no page answers to is `nowhere`. */
export function routeOf(pathname: string, search: string): Route {
  const [first, second, ...rest] = pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  if (first === "admin") return { page: "admin", section: second ?? null, rest };
  if (rest.length > 0) return { page: "nowhere" };
  if (first === undefined) return { page: "storefront" };
  if (first === "track" && second) return { page: "tracker", orderId: second };
  if (first === "inbox" && (second === undefined || MAIL_ID.test(second)))
    return { page: "inbox", mailId: second ?? null, orderId: new URLSearchParams(search).get("orderId") };
  return { page: "nowhere" };
}

export function trackerPath(orderId: string): string {
  return `/track/${encodeURIComponent(orderId)}`;
}

/** The dev inbox, at one mail when `mailId` is given, with only one order's mails when `orderId` is. */
export function inboxPath(mailId: string | null, orderId: string | null): string {
  const path = mailId === null ? "/inbox" : `/inbox/${encodeURIComponent(mailId)}`;
  return orderId === null ? path : `${path}?${new URLSearchParams({ orderId })}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
