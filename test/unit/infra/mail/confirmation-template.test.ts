import { describe, expect, test } from "vitest";
import { compileConfirmation } from "../../../../scripts/build-mail.ts";
import { orderNumberOf } from "../../../../src/domain/order-number.ts";
import { createConfirmationTemplate } from "../../../../src/infra/mail/confirmation-template.ts";
import { confirmationMail } from "../../../support/confirmation-mails.ts";

const template = createConfirmationTemplate(await compileConfirmation());

describe("the confirmation", () => {
  test("names the order, each line with its prices, and the total, in both parts", () => {
    const mail = confirmationMail(7);
    const { subject, text, html } = template(mail);
    expect(subject).toBe(`Your order ${orderNumberOf(mail.orderId)} is confirmed`);
    expect(text).toContain(`Order number: ${orderNumberOf(mail.orderId)}\nOrder id: ${mail.orderId}\n`);
    expect(text).toContain("\n2 x Pizza Margherita, 9.50 EUR each: 19.00 EUR\n1 x Tiramisù, 6.10 EUR each: 6.10 EUR\n");
    expect(text).toContain("\nTotal: 25.10 EUR, paid in full\n");
    for (const shown of [
      orderNumberOf(mail.orderId),
      mail.orderId,
      "Ada Lovelace",
      "Pizza Margherita",
      "Tiramis&#249;",
      "9.50 EUR",
      "19.00 EUR",
      "25.10 EUR",
    ]) {
      expect(html).toContain(shown);
    }
  });

  test("writes money with its currency's own exponent", () => {
    const lines = [{ sku: "a", name: "Ramen", quantity: 3, unitPriceMinor: 1_250 }];
    const { text } = template(confirmationMail(1, { lines, total: { amountMinor: 3_750, currency: "JPY" } }));
    expect(text).toContain("3 x Ramen, 1250 JPY each: 3750 JPY");
  });

  test("leaves no tag of the template behind", () => {
    const { text, html } = template(confirmationMail(1));
    expect(text).not.toMatch(/\{\{|\}\}|undefined/);
    expect(html).not.toMatch(/\{\{|undefined/);
  });

  test("escapes in HTML what a customer wrote, and keeps it readable in the text", () => {
    const name = `<script>alert(1)</script> & "Ann" O'Neil 🍕`;
    const { text, html } = template(confirmationMail(1, { customer: { name, email: "a@b.example" } }));
    expect(html).not.toContain("<script");
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Ann&quot; O&#39;Neil &#127829;");
    expect(text).toContain(`Thank you, ${name}.`);
  });

  test("does not run template tags that a customer wrote", () => {
    const { html } = template(confirmationMail(1, { customer: { name: "{{= it.total }}", email: "a@b.example" } }));
    expect(html).toContain("Thank you, {{= it.total }}.");
  });

  test("keeps a name with line breaks on one line", () => {
    const name = "Ann\r\n\r\nTotal: 0.00 EUR\u2028paid";
    const { text } = template(confirmationMail(1, { customer: { name, email: "a@b.example" } }));
    expect(text).toContain("Thank you, Ann Total: 0.00 EUR paid.");
  });

  test("is small, and in HTML of short ASCII lines that no mail has to encode", () => {
    const name = "Žofie Ångström 🍕".repeat(5);
    const lines = Array.from({ length: 50 }, () => ({ sku: "a", name, quantity: 99, unitPriceMinor: 99_999 }));
    const { html } = template(confirmationMail(1, { lines }));
    for (const line of html.split("\n")) expect(line).toMatch(/^[\x20-\x7e]{1,998}$/);
    expect(template(confirmationMail(1)).html.length).toBeLessThan(6_000);
  });

  test("keeps what Outlook needs", () => {
    const { html } = template(confirmationMail(1));
    expect(html.match(/<!--\[if mso/g)).toHaveLength(5);
    expect(html.match(/<!\[endif\]-->/g)).toHaveLength(6);
  });

  test("loads nothing from anywhere", () => {
    const { html } = template(confirmationMail(1));
    expect(html.replaceAll(/xmlns(:\w)?="[^"]*"/g, "")).not.toMatch(/https?:|<img|<link|@import|url\(/);
  });
});
