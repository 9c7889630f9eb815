/** Gathers single items into batches: while one batch is on its way, what arrives meanwhile forms the next. */

export interface Batcher<Item> {
  /** Resolves or rejects with the batch that the item went out in. */
  add(item: Item): Promise<void>;
}

/**
 * @param flush stores or sends a batch; never called while an earlier call is under way.
 * @param gather ends when a batch has waited long enough for company, and never rejects. Without it a batch goes as soon as
 *   it may.
 */
export function createBatcher<Item>(
  flush: (batch: readonly Item[]) => Promise<void>,
  gather?: () => Promise<unknown>,
): Batcher<Item> {
  let waiting: { items: Item[]; done: Promise<void> } | null = null;
  let current: Promise<unknown> = Promise.resolve();
  return {
    add(item) {
      if (waiting !== null) {
        waiting.items.push(item);
        return waiting.done;
      }
      const items = [item];
      const done = (gather === undefined ? current : current.then(gather)).then(() => {
        waiting = null;
        return flush(items);
      });
      waiting = { items, done };
      current = done.catch(() => {});
      return done;
    },
  };
}
