/** Lets a measurement end early when going on makes no sense: the bench was interrupted, or a process is gone. */

/** The result of `work`; rejects as soon as one of `reasons` resolves, with its words. */
export async function unlessStopped<Result>(
  work: Promise<Result>,
  reasons: readonly Promise<string>[],
): Promise<Result> {
  const stopped = reasons.map(async (reason): Promise<never> => {
    throw new Error(await reason);
  });
  return await Promise.race([work, ...stopped]);
}

/** Resolves on the first Ctrl-C or SIGTERM; a second one ends the bench at once. */
export function interruption(): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve("interrupted"));
    process.once("SIGTERM", () => resolve("interrupted"));
  });
}
