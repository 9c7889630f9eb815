/** Whether the service keeps its mails in a dev inbox, asked once for the whole page. */
import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { hasDevInbox } from "../api/client.ts";

const DevInboxContext = createContext<boolean | null>(null);

/** Null until it is known. */
export function useDevInbox(): boolean | null {
  return useContext(DevInboxContext);
}

export function DevInbox({ children }: { readonly children: ComponentChildren }) {
  const [isThere, setThere] = useState<boolean | null>(null);
  useEffect(() => {
    const left = new AbortController();
    void hasDevInbox(left.signal).then((answer) => {
      if (answer.type === "ok") setThere(answer.value.devInbox);
    });
    return () => left.abort();
  }, []);
  return <DevInboxContext.Provider value={isThere}>{children}</DevInboxContext.Provider>;
}
