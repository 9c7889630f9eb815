/**
 * The part of the Compose Specification that docker-compose.yml uses, and no more, beside the specification's own schema:
 * here a key that nobody has thought about yet, such as `privileged`, is an error, and what each service must have, such as
 * a health check, is required. It is the type of the parsed file, too.
 */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false };
const Duration = Type.String({ pattern: "^[0-9]+(ms|s|m|h)$" });
const Size = Type.String({ pattern: "^[0-9]+[kmg]$" });
const Texts = Type.Array(Type.String({ minLength: 1 }));
/** Numbers and booleans must be quoted: YAML would change how they are written. */
const Variables = Type.Record(Type.String({ pattern: "^[A-Z][A-Z0-9_]*$" }), Type.String());

const HealthCheck = Type.Object(
  {
    test: Type.Array(Type.String({ minLength: 1 }), { minItems: 2 }),
    interval: Duration,
    timeout: Duration,
    retries: Type.Integer({ minimum: 1 }),
    start_period: Duration,
    start_interval: Duration,
  },
  closed,
);

const Service = Type.Object(
  {
    image: Type.String(),
    build: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    command: Type.Optional(Texts),
    profiles: Type.Optional(Texts),
    environment: Type.Optional(Variables),
    depends_on: Type.Optional(
      Type.Record(Type.String(), Type.Object({ condition: Type.Literal("service_healthy") }, closed)),
    ),
    deploy: Type.Optional(Type.Object({ replicas: Type.Integer({ minimum: 1 }) }, closed)),
    ports: Type.Optional(Texts),
    volumes: Type.Optional(Texts),
    tmpfs: Type.Optional(Texts),
    read_only: Type.Optional(Type.Boolean()),
    cap_drop: Type.Optional(Type.Array(Type.Literal("ALL"))),
    security_opt: Texts,
    mem_limit: Size,
    restart: Type.Literal("unless-stopped"),
    stop_grace_period: Type.Optional(Duration),
    healthcheck: HealthCheck,
    logging: Type.Object({ driver: Type.String(), options: Type.Record(Type.String(), Type.String()) }, closed),
  },
  closed,
);

export const ComposeFileShape = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9][a-z0-9_-]*$" }),
    services: Type.Record(Type.String({ pattern: "^[a-z][a-z0-9-]*$" }), Service),
    volumes: Type.Record(Type.String(), Type.Null()),
  },
  closed,
);

export type ComposeService = Static<typeof Service>;
export type ComposeFile = Static<typeof ComposeFileShape>;
