/**
 * Text from outside, as a terminal may show it. Anybody can write to a topic or answer as a mail server, and control
 * characters would let them move the cursor, hide lines or rename the window of whoever reads it.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
