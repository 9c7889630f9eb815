/** Keeps a piece of work in a set until it has ended, and tells so; a failure of it stays unhandled and so crashes. */
export function track(set: Set<Promise<void>>, work: Promise<void>, onEnd = (): void => {}): void {
  const tracked = work.finally(() => {
    set.delete(tracked);
    onEnd();
  });
  set.add(tracked);
}
