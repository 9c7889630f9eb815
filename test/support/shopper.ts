/** A shopper who does not give up: repeats a request under the same key until the service answers. */

export interface Purchase {
  readonly orderId: string;
  readonly key: string;
}

export interface Shopper {
  /** Orders and pays; resolves once both are acknowledged, with null when it was told to stop before. */
  buy(key: string, signal: AbortSignal): Promise<Purchase | null>;
}

const RETRY_MS = 25;

/** @param url tells where the service is now; it may move or be gone for a while. */
export function createShopper(url: () => string): Shopper {
  const post = async (path: string, body: unknown, key: string | null, signal: AbortSignal): Promise<unknown> => {
    while (!signal.aborted) {
      try {
        const response = await fetch(`${url()}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...(key === null ? {} : { "idempotency-key": key }) },
          body: JSON.stringify(body),
          signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
        });
        const answer: unknown = await response.json();
        if (response.status === 202) return answer;
        if (response.status !== 503)
          throw new Unexpected(`${path} answered ${response.status}: ${JSON.stringify(answer)}`);
      } catch (error) {
        if (error instanceof Unexpected) throw error;
      }
      await pause(RETRY_MS, signal);
    }
    return null;
  };

  return {
    async buy(key, signal) {
      const order = {
        customer: { name: "Ada Lovelace", email: "ada@shop.example" },
        items: [{ sku: "margherita", quantity: 1 + (key.length % 3) }],
      };
      const answer = (await post("/orders", order, key, signal)) as {
        orderId: string;
        total: { amountMinor: number; currency: string };
      } | null;
      if (answer === null) return null;
      const { orderId, total } = answer;
      const paid = await post(`/orders/${orderId}/payments`, { paymentId: `pay-${key}`, ...total }, null, signal);
      return paid === null ? null : { orderId, key };
    },
  };
}

/** The service answered, and not what it should have. */
class Unexpected extends Error {}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      resolve();
    }
  });
}
