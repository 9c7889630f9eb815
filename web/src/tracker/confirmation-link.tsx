/** Leads to the confirmation in the dev inbox. Where mail goes to a real server there is no inbox, and no link. */
import { useEffect, useState } from "preact/hooks";
import { listMail } from "../api/client.ts";
import { useDevInbox } from "../inbox/dev-inbox.tsx";
import { MailIcon } from "../shell/icons.tsx";
import { inboxPath } from "../shell/route.ts";
import { Link } from "../shell/router.tsx";

export function ConfirmationLink({ orderId }: { readonly orderId: string }) {
  const [path, setPath] = useState<string | null>(null);
  const hasInbox = useDevInbox();
  useEffect(() => {
    if (hasInbox !== true) return;
    const left = new AbortController();
    void listMail({ orderId, cursor: null, limit: 1 }, left.signal).then((answer) => {
      if (left.signal.aborted) return;
      setPath(inboxPath(answer.type === "ok" ? (answer.value.messages[0]?.id ?? null) : null, orderId));
    });
    return () => left.abort();
  }, [orderId, hasInbox]);
  if (path === null) return null;
  return (
    <div class="actions">
      <Link href={path} class="button button-primary" data-testid="open-mail">
        <MailIcon />
        Open the confirmation
      </Link>
    </div>
  );
}
