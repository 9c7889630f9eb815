/**
 * Compiles the MJML of the confirmation mail into the HTML that eta fills in at run time, so that neither MJML nor its
 * parser is needed, or paid for, where mails are sent. Every mail carries this HTML as it is written here: small, in
 * ASCII, and in lines that a mail can hold.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import mjml2html from "mjml";

const SOURCE = new URL("../src/infra/mail/templates/confirmation.mjml", import.meta.url);
const TARGET = new URL("../dist/mail/confirmation.html.eta", import.meta.url);

/** What MJML writes for mails with several columns, links, images or bare paragraphs: this one has none of them. */
const UNUSED_STYLES = [
  /<style[^>]*>[^<]*\.mj-column-per-100[^<]*<\/style>/g,
  /<!--\[if lte mso 11\]><style[^>]*>[^<]*<\/style><!\[endif\]-->/g,
  / class="mj-column-per-100 mj-outlook-group-fix"/g,
  /(?<=[>}])(?:#outlook a|img|p) ?\{[^}]*\}/g,
  / (?:class=""|type="text\/css")/g,
];

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
  return inShortLines(inAscii(shrunk(html)));
}

/** Leaves away what MJML's minifier leaves between tags and in styles: a quarter of the mail. */
function shrunk(html: string): string {
  const oneLine = html
    .replace(/\n\s*/g, "")
    .replace(/ ?(\{\{[^=].*?\}\}) ?/g, "$1")
    .replaceAll("> <", "><");
  return UNUSED_STYLES.reduce((rest, unused) => rest.replace(unused, ""), oneLine)
    .replace(/(<style[^>]*>)([^<]*)/g, (_, tag: string, css: string) => tag + shrunkCss(css))
    .replace(/ style="([^"]*)"/g, (_, css: string) => ` style="${shrunkCss(css)}"`);
}

function shrunkCss(css: string): string {
  return (
    css
      .replace(/\s*([{};,>]|!important)\s*/g, "$1")
      .replace(/: +/g, ":")
      .replace(/;(?=\}|$)/g, "")
      // Outlook takes lengths of its own, and those of its spacer row, with units.
      .replace(/(?<=[: ])(?<!line-height:)0px\b/g, "0")
      .replaceAll("#ffffff", "#fff")
      .replace(/background:(#\w+);background-color:\1/g, "background:$1")
  );
}

function inAscii(html: string): string {
  return html.replace(/[^\p{ASCII}]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** Ends lines inside of tags, before their attributes, and between rules of CSS, where a line break means nothing. */
function inShortLines(html: string): string {
  return html.replace(/(?<=<(?:tr|div|table|meta|p|h1)) /g, "\n").replaceAll("}@media", "}\n@media");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const html = await compileConfirmation();
  await mkdir(new URL(".", TARGET), { recursive: true });
  await writeFile(TARGET, html);
  process.stdout.write(`mail: ${fileURLToPath(TARGET)}, ${html.length} characters\n`);
}
