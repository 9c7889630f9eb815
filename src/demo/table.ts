/** Prints rows in columns as wide as their widest cell: words to the left, numbers to the right. */
const NUMBER = /^-?\d+(\.\d+)?$/;

export type Cell = string | number;

export function renderTable(headers: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => String(line[column] ?? "").length)));
  const isNumeric = headers.map(
    (_, column) => rows.length > 0 && rows.every((row) => NUMBER.test(String(row[column]))),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return isNumeric[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
