/** Works through a sequence with a bounded number of items in progress, taking the next one only when there is room. */

/**
 * Calls `work` for every item, `concurrency` at a time. After a failure no more items are taken; it rejects with the
 * first failure once what was in progress has ended.
 */
export async function forEachConcurrently<Item>(
  items: Iterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const workThrough = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, workThrough));
  if (failures.length > 0) throw failures[0];
}
