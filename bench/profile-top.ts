/**
 * Prints where the time of a service's threads went: `node bench/profile-top.ts FILE_OR_FOLDER [--top 25]`, for the
 * .cpuprofile files that `--profile` keeps. One table per thread, functions by their own time, which is time on the clock:
 * a thread that waits for the disk or for a core inside a function counts there too.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

/** The part of Chrome's .cpuprofile format that is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

const NOT_WORK = new Set(["(idle)", "(program)", "(root)"]);

function printThread(file: string, top: number): void {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const selfUs = new Map<string, number>();
  for (const [index, node] of samples.entries()) {
    const place = places.get(node) ?? "?";
    selfUs.set(place, (selfUs.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const totalUs = [...selfUs.values()].reduce((sum, value) => sum + value, 0);
  const idleUs = selfUs.get("(idle)") ?? 0;
  const busyUs = totalUs - idleUs;
  process.stdout.write(
    `\n${basename(file)}: ${seconds(totalUs)}, of it ${seconds(idleUs)} idle; shares are of the rest\n`,
  );
  const rows = [...selfUs].filter(([place]) => place !== "(idle)").toSorted(([, a], [, b]) => b - a);
  for (const [place, us] of rows.slice(0, top)) {
    process.stdout.write(
      `  ${((us * 100) / busyUs).toFixed(1).padStart(5)} %  ${(us / 1_000).toFixed(0).padStart(7)} ms  ${place}\n`,
    );
  }
}

/** A function with its file, shortened to what is below the project; native ones by name alone. */
function placeOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (NOT_WORK.has(name) || url === "") return name;
  const path = url.startsWith("node:") ? url : (/(?:node_modules|src|bench|bin)\/.*$/.exec(url)?.[0] ?? basename(url));
  return `${name}  ${path.replace(/^node_modules\//, "")}:${lineNumber + 1}`;
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(1)} s`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { top: { type: "string", default: "25" } },
});
const files = positionals.flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".cpuprofile"))
        .map((name) => join(path, name))
    : [path],
);
if (files.length === 0) {
  process.stderr.write("profile-top: name a .cpuprofile file or a folder with some\n");
  process.exit(1);
}
for (const file of files) printThread(file, Number(values.top));
