/** How the reports are laid out: sections of labelled values, and figures in the units that people read. */
import type { Percentiles } from "./statistics.ts";

export type Row = readonly [label: string, value: string, note?: string];

export function section(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value, note]) => `  ${label.padEnd(width)}  ${value}${note ? `   (${note})` : ""}`);
  return [title, ...lines].join("\n");
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function ratio(value: number): string {
  return value.toFixed(3);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(0)} MiB`;
}

export function milliseconds({ p50, p90, p99, max }: Percentiles): string {
  return `p50 ${p50.toFixed(1)}  p90 ${p90.toFixed(1)}  p99 ${p99.toFixed(1)}  max ${max.toFixed(1)} ms`;
}
