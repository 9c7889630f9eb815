/** All settings, from the environment alone (12-factor), validated at start. .env.example lists them; a test compares. */
import envSchema from "env-schema";
import { type Static, Type } from "typebox";
import { OperationalError } from "../actors/errors.ts";
import { parseSmtpUrl } from "./mail/smtp-url.ts";
import { readTrustedProxies } from "./trusted-proxies.ts";
import { readWebhookSecrets } from "./webhook-secrets.ts";

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
  SHARDS: integer("Number of shards; fixed once there is data.", 8, 1, 1_024),
  ROLE: choice(
    "What this process does: answer requests (api), process orders (worker), or both (all). Others than all need the engines.",
    ["all", "api", "worker"],
    "all",
  ),
  REDPANDA_BROKERS: optionalText("Redpanda or Kafka brokers, as host:port,host:port; unset uses the embedded log."),
  MONGODB_URL: optionalText(
    "MongoDB with its database, such as mongodb://host/orderloom?replicaSet=rs0; goes with REDPANDA_BROKERS.",
  ),
  SCHEMA_REGISTRY_URL: optionalText("Schema registry for messages in Avro; unset takes JSON only."),
  CONSUMER_GROUP: text("Consumer group that the workers share the shards in.", "orderloom"),
  TOPIC_PREFIX: optionalText("Put before the name of every topic, so that installations can share a broker."),
  TOPIC_REPLICATION: integer("Copies of every topic that is created; 3 in production.", 1, 1, 9),
  SESSION_TIMEOUT_MS: integer(
    "After so long without a sign of life a worker's shards go to another.",
    10_000,
    6_000,
    300_000,
  ),
  EVENTS_FORMAT: choice(
    "How events are published on order-events: CloudEvents in JSON, or Avro.",
    ["json", "avro"],
    "json",
  ),
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
  MAIL_CONNECTIONS: integer("Mails that are sent at the same time.", 24, 1, 64),
  MAIL_RATE_PER_S: integer(
    "Mails per second that a process sends at most; 0 for no limit. A mail provider's limit goes here, shared among the workers.",
    2_000,
    0,
    100_000,
  ),
  CURSOR_KEY: optionalText(
    "Secret that signs listing cursors and operators' sessions, at least 32 characters, the same for every api process; unset keeps one in DATA_DIR.",
  ),
  PAYMENT_WEBHOOK_SECRETS: optionalText(
    "Secrets that payment webhooks are signed with, as whsec_base64,whsec_base64 of 24 to 64 bytes each; unset takes no webhooks.",
  ),
  DEMO_PAYMENTS: Type.Optional(
    Type.Enum(["on", "off"], {
      description:
        "Whether anybody may report payments and refunds over HTTP, without a signature, as the demo's payment provider does: on or off; unset means on, and off with PAYMENT_WEBHOOK_SECRETS or on the production engines.",
    }),
  ),
  RATE_LIMIT_PER_S: integer("HTTP requests per second from one address; 0 for no limit.", 0, 0, 1_000_000),
  TRUST_PROXY: optionalText(
    "Addresses and networks of the proxies before the service, as 127.0.0.1,10.0.0.0/8: what they say of a client's address is believed. Unset believes nobody.",
  ),
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
  const contradictions = contradictionsIn(config);
  if (contradictions.length > 0) throw unusable(contradictions);
  if (config.SMTP_URL !== undefined) parseSmtpUrl(config.SMTP_URL);
  return config;
}

/** What is wrong between settings of which each is usable. */
function contradictionsIn(config: Config): readonly string[] {
  const { PORT, DEV_INBOX_PORT, SMTP_URL, ROLE, REDPANDA_BROKERS, MONGODB_URL, CURSOR_KEY } = config;
  const found: string[] = [];
  if ((REDPANDA_BROKERS === undefined) !== (MONGODB_URL === undefined)) {
    found.push("REDPANDA_BROKERS and MONGODB_URL go together: set both, or neither");
  } else if (ROLE !== "all" && REDPANDA_BROKERS === undefined) {
    found.push(`ROLE=${ROLE} needs REDPANDA_BROKERS and MONGODB_URL: the embedded log and store have one process`);
  }
  if (ROLE === "worker" && SMTP_URL === undefined)
    found.push("ROLE=worker needs SMTP_URL: the dev inbox is not shared");
  if (SMTP_URL === undefined && PORT === DEV_INBOX_PORT && PORT !== 0)
    found.push("PORT and DEV_INBOX_PORT are the same");
  if (CURSOR_KEY !== undefined && CURSOR_KEY.length < 32) found.push("CURSOR_KEY must have at least 32 characters");
  // The secret itself must not stand in a message that is logged.
  const { PAYMENT_WEBHOOK_SECRETS: secrets } = config;
  const badSecret = secrets === undefined ? -1 : readWebhookSecrets(secrets).indexOf(null);
  if (badSecret >= 0) {
    found.push(`secret ${badSecret + 1} of PAYMENT_WEBHOOK_SECRETS is not whsec_ and then 24 to 64 bytes in base64`);
  }
  if (config.TRUST_PROXY !== undefined && readTrustedProxies(config.TRUST_PROXY) === null) {
    found.push("TRUST_PROXY must be addresses and networks such as 127.0.0.1,10.0.0.0/8");
  }
  const badBroker = brokersOf(config).find((broker) => !BROKER.test(broker));
  if (badBroker !== undefined) found.push(`REDPANDA_BROKERS must be host:port,host:port and has "${badBroker}"`);
  return found;
}

/** True when the settings ask for the production engines. */
export function usesEngines(config: Config): boolean {
  return config.MONGODB_URL !== undefined;
}

const BROKER = /^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i;

/** The brokers of REDPANDA_BROKERS; none without it. */
export function brokersOf({ REDPANDA_BROKERS }: Pick<Config, "REDPANDA_BROKERS">): string[] {
  return REDPANDA_BROKERS?.split(",").map((broker) => broker.trim()) ?? [];
}

/** The secrets of PAYMENT_WEBHOOK_SECRETS; none without it. */
export function webhookSecretsOf({ PAYMENT_WEBHOOK_SECRETS }: Pick<Config, "PAYMENT_WEBHOOK_SECRETS">): Uint8Array[] {
  if (PAYMENT_WEBHOOK_SECRETS === undefined) return [];
  return readWebhookSecrets(PAYMENT_WEBHOOK_SECRETS).filter((secret) => secret !== null);
}

/** The proxies of TRUST_PROXY; none without it. */
export function trustedProxiesOf({ TRUST_PROXY }: Pick<Config, "TRUST_PROXY">): readonly string[] {
  return (TRUST_PROXY === undefined ? null : readTrustedProxies(TRUST_PROXY)) ?? [];
}

/** True when the routes of the demo's payment provider are open: by default only where there is no real one. */
export function takesDemoPayments(config: Config): boolean {
  const { DEMO_PAYMENTS, PAYMENT_WEBHOOK_SECRETS } = config;
  if (DEMO_PAYMENTS !== undefined) return DEMO_PAYMENTS === "on";
  return PAYMENT_WEBHOOK_SECRETS === undefined && !usesEngines(config);
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
const SECRETS: ReadonlySet<string> = new Set<ConfigName>(["CURSOR_KEY", "PAYMENT_WEBHOOK_SECRETS"]);

/** The settings as `NAME=value` lines for people; secrets and passwords in URLs are not shown. */
export function printConfig(config: Config): string {
  return SETTINGS.map(({ name, description, defaultValue }) => {
    const value = config[name];
    const visible = SECRETS.has(name) ? "***" : String(value).replace(SECRET_IN_URL, "//***@");
    const shown = value === undefined ? "" : visible;
    return `# ${description}${defaultValue === null ? "" : ` Default: ${defaultValue}`}\n${name}=${shown}\n`;
  }).join("\n");
}
