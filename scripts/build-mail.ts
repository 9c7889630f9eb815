/**
 * Compiles the MJML of the confirmation mail into the HTML that eta fills in at run time, so that
 * neither MJML nor its parser is needed, or paid for, where mails are sent.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import mjml2html from "mjml";

const SOURCE = new URL("../src/infra/mail/templates/confirmation.mjml", import.meta.url);
const TARGET = new URL("../dist/mail/confirmation.html.eta", import.meta.url);

/**
 * The confirmation's HTML with its eta tags still in it.
 * @throws when the MJML is not valid: a template that half works must not be shipped.
 */
export async function compileConfirmation(): Promise<string> {
  const source = await readFile(SOURCE, "utf8");
  const { html } = await mjml2html(source, {
    validationLevel: "strict",
    keepComments: false,
    // A mail must not call a stranger's server for a font when it is read.
    fonts: {},
    // The minifier takes double braces for template tags by default, and leaves them alone.
    minify: true,
    minifyOptions: { minifyCss: false },
  });
  // What it leaves between tags and in styles is a fifth of the mail.
  return html.replace(/\n\s*/g, "").replaceAll("> <", "><");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const html = await compileConfirmation();
  await mkdir(new URL(".", TARGET), { recursive: true });
  await writeFile(TARGET, html);
  process.stdout.write(`mail: ${fileURLToPath(TARGET)}, ${html.length} characters\n`);
}
