/**
 * Words and looks of the confirmation mail: the templates are parsed once, and a mail only fills them in.
 * Everything that a customer wrote is escaped in the HTML part, which is ASCII throughout, and cannot start a line of
 * its own in either part.
 */
import { readFileSync } from "node:fs";
import { Eta } from "eta";
import { OperationalError } from "../../actors/errors.ts";
import type { ConfirmationMail } from "../../actors/ports.ts";
import { formatMoney } from "../../domain/money.ts";
import { orderNumberOf } from "../../domain/order-number.ts";
import { singleLine } from "./mailbox.ts";

/** A mail's content, ready to be sent. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type ConfirmationTemplate = (mail: ConfirmationMail) => RenderedMail;

const TEXT_TEMPLATE = new URL("./templates/confirmation.txt.eta", import.meta.url);
const BUILT_HTML_TEMPLATE = new URL("../../../dist/mail/confirmation.html.eta", import.meta.url);
/** Double braces rather than eta's own tags, because MJML and its minifier let them pass. */
const TAGS: [string, string] = ["{{", "}}"];

const NOT_PLAIN_HTML = /[&<>"']|[^\p{ASCII}]/gu;
const NAMED_ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** The confirmation with an HTML template that `scripts/build-mail.ts` compiled. */
export function createConfirmationTemplate(htmlTemplate: string): ConfirmationTemplate {
  const htmlEta = new Eta({ tags: TAGS, autoEscape: true, escapeFunction: asciiHtml });
  const textEta = new Eta({ tags: TAGS, autoEscape: false, autoTrim: false });
  const html = htmlEta.compile(htmlTemplate);
  const text = textEta.compile(readFileSync(TEXT_TEMPLATE, "utf8"));
  return (mail) => {
    const content = contentOf(mail);
    return {
      subject: `Your order ${orderNumberOf(mail.orderId)} is confirmed`,
      text: textEta.render(text, content),
      html: htmlEta.render(html, content),
    };
  };
}

/** The confirmation as it was built. Throws `mail_not_built` where the build has not run. */
export function loadConfirmationTemplate(): ConfirmationTemplate {
  try {
    return createConfirmationTemplate(readFileSync(BUILT_HTML_TEMPLATE, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const message = "The mail template has not been built: run 'npm run build' first.";
    throw new OperationalError("mail_not_built", message, { retryable: false, cause: error });
  }
}

/** Text of the HTML part. What is not ASCII becomes a numeric reference, so that no transfer encoding is needed. */
function asciiHtml(value: unknown): string {
  return String(value).replace(
    NOT_PLAIN_HTML,
    (character) => NAMED_ENTITIES[character] ?? `&#${character.codePointAt(0)};`,
  );
}

function contentOf({ orderId, customer, lines, total }: ConfirmationMail) {
  const price = (amountMinor: number) => formatMoney({ amountMinor, currency: total.currency });
  return {
    orderId,
    orderNumber: orderNumberOf(orderId),
    customerName: singleLine(customer.name),
    lines: lines.map(({ name, quantity, unitPriceMinor }) => ({
      name: singleLine(name),
      quantity,
      unitPrice: price(unitPriceMinor),
      price: price(unitPriceMinor * quantity),
    })),
    total: formatMoney(total),
  };
}
