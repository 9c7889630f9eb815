/** All settings, from the environment alone (12-factor), validated at start. .env.example lists them; a test compares. */
import envSchema from "env-schema";
import { type Static, Type } from "typebox";
import { OperationalError } from "../actors/errors.ts";
import { parseSmtpUrl } from "./mail/smtp-url.ts";

const text = (description: string, value: string) => Type.String({ description, default: value, minLength: 1 });
const optionalText = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }));
const integer = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: value, minimum, maximum });
const choice = <Value extends string>(description: string, values: readonly [Value, ...Value[]], value: Value) =>
  Type.Enum(values, { description, default: value });

/** A display name of printable characters, and an address. */
const MAILBOX = /^([^<>"\\\p{Cc}]*) <([^<>"\\\s@]+@[^<>"\\\s@]+)>$/u;

const ConfigSchema = Type.Object({
  HOST: text("Address to listen on.", "127.0.0.1"),
  PORT: integer("TCP port of the HTTP API and the web page; 0 takes a free one.", 3000, 0, 65_535),
  DATA_DIR: text("Folder of the embedded log and store.", "./data"),
  SHARDS: integer("Number of shards; fixed once the data folder exists.", 8, 1, 1_024),
  CATALOGUE_FILE: text("JSON file with what the shop sells.", "./catalogue.json"),
  PAYMENT_WINDOW_S: integer("Seconds after its submission in which an order can be paid.", 600, 1, 31_536_000),
  WATERMARK_S: integer("Seconds that a payment may take to arrive before its order expires.", 600, 0, 86_400),
  SMTP_URL: optionalText(
    "Mail server, such as smtp://user:password@mail.example:587; unset uses the built-in dev inbox.",
  ),
  DEV_INBOX_PORT: integer("SMTP port of the built-in dev inbox; 0 takes a free one.", 1025, 0, 65_535),
  MAIL_FROM: Type.String({
    description: "Sender of the mails, as Name <address>.",
    default: "Orderloom <orders@orderloom.example>",
    pattern: MAILBOX.source,
  }),
  MAIL_UNKNOWN: choice(
    "What to do with a mail whose sending was cut off: send it again under its Message-ID, or hold it for a person.",
    ["resend", "hold"],
    "resend",
  ),
  MAIL_CONNECTIONS: integer("Mails that are sent at the same time.", 16, 1, 64),
  RATE_LIMIT_PER_S: integer("HTTP requests per second from one address; 0 for no limit.", 0, 0, 1_000_000),
  LOG_LEVEL: choice(
    "Lowest level that is logged.",
    ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
    "info",
  ),
});

export type Config = Static<typeof ConfigSchema>;
export type ConfigName = keyof Config;

/** A setting as it is documented: its name, meaning and default (null when it has none). */
export interface Setting {
  readonly name: ConfigName;
  readonly description: string;
  readonly defaultValue: string | number | null;
}

/** Every setting, in the order in which they are documented. */
export const SETTINGS: readonly Setting[] = Object.entries(ConfigSchema.properties).map(([name, schema]) => {
  const { description, default: value } = schema as unknown as { description: string; default?: string | number };
  return { name: name as ConfigName, description, defaultValue: value ?? null };
});

/**
 * Reads the settings.
 * @throws OperationalError `invalid_configuration`, naming every setting that cannot be used.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // A variable that is set to nothing counts as not set, as docker compose passes it.
  const data = Object.fromEntries(
    SETTINGS.flatMap(({ name }) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  let config: Config;
  try {
    config = envSchema<Config>({ schema: ConfigSchema, data, dotenv: false, env: false });
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly SchemaError[] };
    throw unusable(errors.length > 0 ? errors.map(describe) : [(error as Error).message], error);
  }
  if (config.SMTP_URL !== undefined) parseSmtpUrl(config.SMTP_URL);
  else if (config.PORT === config.DEV_INBOX_PORT && config.PORT !== 0) {
    throw unusable(["PORT and DEV_INBOX_PORT are the same"]);
  }
  return config;
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: { readonly allowedValues?: readonly string[] };
}

/** What is wrong with a setting, in words that say what it may be. */
function describe({ instancePath, keyword, message, params }: SchemaError): string {
  const name = instancePath.slice(1);
  if (keyword === "enum") return `${name} must be one of ${params.allowedValues?.join(", ")}`;
  if (keyword === "pattern") return `${name} must be the ${lowerFirst(describedAs(name))}`;
  return `${name} ${message ?? "is not usable"}`;
}

function describedAs(name: string): string {
  const description = SETTINGS.find((setting) => setting.name === name)?.description ?? "";
  return description.replace(/\.$/, "");
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function unusable(reasons: readonly string[], cause?: unknown): OperationalError {
  const message = `The settings cannot be used: ${reasons.join("; ")}. See .env.example.`;
  return new OperationalError("invalid_configuration", message, { retryable: false, cause });
}

/** The two parts of MAIL_FROM. */
export function mailboxOf(mailFrom: string): { readonly name: string; readonly address: string } {
  const [, name = "", address = ""] = MAILBOX.exec(mailFrom) ?? [];
  return { name, address };
}

const SECRET_IN_URL = /\/\/[^@/]*@/;

/** The settings as `NAME=value` lines for people; a password in a URL is not shown. */
export function printConfig(config: Config): string {
  return SETTINGS.map(({ name, description, defaultValue }) => {
    const value = config[name];
    const shown = value === undefined ? "" : String(value).replace(SECRET_IN_URL, "//***@");
    return `# ${description}${defaultValue === null ? "" : ` Default: ${defaultValue}`}\n${name}=${shown}\n`;
  }).join("\n");
}
