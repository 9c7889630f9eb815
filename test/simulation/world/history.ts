/** What the people and systems outside were told: only what is acknowledged may they count on. */
export interface History {
  orderAcknowledged(orderId: string): void;
  paymentAcknowledged(orderId: string, paymentId: string): void;
  isAcknowledged(orderId: string): boolean;
  acknowledgedOrders(): Iterable<string>;
  acknowledgedPayments(): readonly { readonly orderId: string; readonly paymentId: string }[];
}

export function createHistory(): History {
  const orders = new Set<string>();
  const payments: { orderId: string; paymentId: string }[] = [];
  return {
    orderAcknowledged: (orderId) => void orders.add(orderId),
    paymentAcknowledged: (orderId, paymentId) => void payments.push({ orderId, paymentId }),
    isAcknowledged: (orderId) => orders.has(orderId),
    acknowledgedOrders: () => orders,
    acknowledgedPayments: () => payments,
  };
}
