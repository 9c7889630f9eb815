/** Moves between pages with the History API, without loading the document again. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "./route.ts";

/** The route of the current address; follows it as it changes. */
export function useRoute(): Route {
  const [address, setAddress] = useState(currentAddress);
  useEffect(() => {
    const follow = () => setAddress(currentAddress());
    window.addEventListener("popstate", follow);
    return () => window.removeEventListener("popstate", follow);
  }, []);
  const [pathname = "/", search = ""] = address.split("\n");
  return routeOf(pathname, search);
}

/** Goes to another page; with `replace` the present one leaves the history. */
export function navigate(path: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

interface LinkProps {
  readonly href: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly "aria-label"?: string;
  readonly "aria-current"?: "page" | "true" | undefined;
  readonly "data-testid"?: string;
}

/** A link inside the page. Opening it in another tab or window works as with any link. */
export function Link({ href, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}

/** Names the page in the browser's title bar and history. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Orderloom`;
  }, [title]);
}

function currentAddress(): string {
  return `${location.pathname}\n${location.search}`;
}
