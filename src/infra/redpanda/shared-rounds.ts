/**
 * Shares one answer among callers, without giving anyone an answer that is older than the question: who asks while a
 * round is under way gets the answer of the next one, together with all others who asked meanwhile.
 */
export function createSharedRounds<Answer>(round: () => Promise<Answer>): () => Promise<Answer> {
  let current: Promise<unknown> | null = null;
  let next: Promise<Answer> | null = null;

  const start = (): Promise<Answer> => {
    const answer = round();
    const settled = answer
      .catch(() => {})
      .then(() => {
        if (current === settled) current = null;
      });
    current = settled;
    return answer;
  };

  return () => {
    if (current === null) return start();
    next ??= current.then(() => {
      next = null;
      return start();
    });
    return next;
  };
}
