/** What the HTTP API answers, as this page reads it. The page knows the service by these shapes alone. */
export interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}

export interface CatalogueItem {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceMinor: number;
}

export interface Catalogue {
  readonly currency: string;
  readonly items: readonly CatalogueItem[];
}

export interface Customer {
  readonly name: string;
  readonly email: string;
}

export interface RequestedItem {
  readonly sku: string;
  readonly quantity: number;
}

export interface NewOrder {
  readonly customer: Customer;
  readonly items: readonly RequestedItem[];
}

export type OrderStatus =
  | "accepted"
  | "awaitingOrder"
  | "received"
  | "paid"
  | "validated"
  | "confirmed"
  | "emailed"
  | "rejected"
  | "expired"
  | "cancelled";

export interface PlacedOrder {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly total: Money;
}

export interface OrderView {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly customer: Customer | null;
  readonly items: readonly (RequestedItem & { readonly name?: string; readonly unitPriceMinor?: number })[];
  readonly total: Money | null;
  readonly paid: Money | null;
  /** `parked`: a payment came before its order. */
  readonly money: "settled" | "parked" | "refundDue" | "partlyRefunded" | "refunded";
  readonly refundDue: readonly Money[];
  readonly reason: string | null;
  readonly version: number;
  readonly receivedAt: string;
  readonly updatedAt: string;
}

export interface TimelineEvent {
  readonly sequence: number;
  readonly type: string;
  readonly occurredAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly causeId: string;
}

/** One message of an order's live stream. */
export interface StreamMessage {
  readonly type: "timeline";
  readonly event: TimelineEvent;
  readonly order: OrderView;
}

export interface MailSummary {
  readonly id: string;
  readonly messageId: string;
  readonly orderId: string | null;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly receivedAt: string;
}

export interface MailPage {
  readonly messages: readonly MailSummary[];
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null;
}

export interface Mail extends MailSummary {
  readonly text: string;
  readonly html: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
