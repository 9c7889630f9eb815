/** Reads `SMTP_URL`: where mail goes, and with which login. */
import { OperationalError } from "../../actors/errors.ts";

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (smtps). Otherwise STARTTLS is used when the server offers it. */
  readonly secure: boolean;
  /** Refuses a server that does not offer STARTTLS, so that nobody between can take it away. */
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
}

const DEFAULT_PORTS = { "smtp:": 587, "smtps:": 465 } as const;

/**
 * Parses `smtp://user:password@host:587?requireTLS=true` or `smtps://host`. User and password are percent-encoded.
 * @throws OperationalError `invalid_configuration`; the message never holds the password.
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.parse(text);
  if (url === null || !(url.protocol === "smtp:" || url.protocol === "smtps:") || url.hostname === "") {
    throw invalid("it must look like smtp://host:port or smtps://user:password@host");
  }
  const { protocol, searchParams } = url;
  for (const name of searchParams.keys()) {
    if (name !== "requireTLS")
      throw invalid(`it has the parameter ${JSON.stringify(name)}, and only requireTLS is known`);
  }
  const user = decode(url.username);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORTS[protocol] : Number(url.port),
    secure: protocol === "smtps:",
    requireTls: searchParams.get("requireTLS") === "true",
    login: user === "" ? null : { user, password: decode(url.password) },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("its user or password is not percent-encoded");
  }
}

function invalid(reason: string): OperationalError {
  return new OperationalError("invalid_configuration", `SMTP_URL cannot be used: ${reason}.`, { retryable: false });
}
