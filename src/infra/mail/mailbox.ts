/** Names and addresses as a mail's headers carry them. */

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

const PLAIN_ADDRESS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}$/;
/** Among them everything that any program takes for the end of a line. */
const BLANKS_AND_CONTROLS = /[\s\p{Cc}]+/gu;

/** True when a mail can be sent to this address as it stands: an ASCII local part without quotes, and a domain. */
export function isPlainAddress(address: string): boolean {
  return PLAIN_ADDRESS.test(address);
}

/** The text on one line: each run of blanks, line breaks and control characters is one space. */
export function singleLine(text: string): string {
  return text.toWellFormed().replace(BLANKS_AND_CONTROLS, " ").trim();
}
