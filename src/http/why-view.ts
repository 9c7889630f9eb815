/** What everybody who knows an order may see of why it waits, and what staff see. */
import type { Static } from "typebox";
import type { StaffWhy } from "../actors/why.ts";
import type { OrderWhySchema, StaffWhySchema } from "../schemas/why-views.ts";
import { mailView } from "./mail-view.ts";

export function whyView(why: StaffWhy): Static<typeof OrderWhySchema> {
  const { orderId, status, money, since, waits, headline, reasons, parkedMessages, paymentsOnDesk } = why;
  const { deadline, shard, usually, waitsFor, mails } = why;
  return {
    ...{ orderId, status, money, since, waits, headline, parkedMessages, paymentsOnDesk },
    reasons: [...reasons],
    waitsFor: waitsFor.map((mover) => ({ ...mover })),
    deadline: deadline === null ? null : { ...deadline, waitsFor: [...deadline.waitsFor] },
    shard: { ...shard },
    mails: mails.map((mail) => ({ ...mail })),
    usually: usually === null ? null : { ...usually },
  };
}

export function staffWhyView(why: StaffWhy): Static<typeof StaffWhySchema> {
  const { owner, mailHistory, parked, deskPayments } = why;
  return {
    ...whyView(why),
    owner,
    mailHistory: mailHistory.map(mailView),
    parked: parked.map((letter) => ({ ...letter })),
    deskPayments: deskPayments.map(({ paymentId, kind, amount }) => ({ paymentId, kind, amount })),
  };
}
