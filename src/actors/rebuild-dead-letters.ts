/**
 * Makes the view of dead letters again from their topic: a new version is written beside the one that is read, and takes
 * its place when it is complete. What the topic no longer keeps is not in the new version.
 */
import { LETTERS_VIEW } from "./dead-letter-documents.ts";
import {
  createDeadLetterReader,
  type DeadLetterReaderDeps,
  defineLetterViews,
  letterViews,
} from "./dead-letter-view.ts";
import { createOwnedShards } from "./owned-shards.ts";

export interface RebuildLettersDeps extends Omit<DeadLetterReaderDeps, "version" | "shards"> {
  readonly shards: number;
  readonly onProgress: (handledRecords: number, allRecords: number) => void;
}

/**
 * Rebuilds the view; nothing else may write it meanwhile. A rebuild that was cut off goes on where it was.
 * @returns the version that is read now.
 */
export async function rebuildDeadLetters(deps: RebuildLettersDeps): Promise<number> {
  const { viewStore, shards, onProgress } = deps;
  const version = ((await viewStore.activeVersion(LETTERS_VIEW.name)) ?? 0) + 1;
  await defineLetterViews(viewStore, version);
  const owned = createOwnedShards(Array.from({ length: shards }, (_, shard) => shard));
  await createDeadLetterReader({ ...deps, version, shards: owned }).runToEnd(onProgress);
  const { letters, contents, counts } = letterViews(version);
  // From the first on the new version is read; the others only drop what is not needed any more.
  for (const target of [letters, contents, counts]) await viewStore.activate(target);
  return version;
}
