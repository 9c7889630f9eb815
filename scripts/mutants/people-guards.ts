/** Defects in who may do what, and in what people decide about dead letters, mails and payments. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const OPERATORS = ["test/integration/http/operators.test.ts"];
const ACCESS = ["test/unit/actors/operator-access.test.ts", ...OPERATORS];
const LETTERS = ["test/unit/actors/dead-letter-desk.test.ts"];
const LETTERS_OVER_HTTP = ["test/integration/http/dead-letters.test.ts"];
const MAILS = ["test/unit/actors/mail-desk.test.ts", "test/integration/http/staff-mails.test.ts"];
const PAYMENTS = ["test/unit/actors/payment-desk.test.ts", "test/integration/http/payment-desk.test.ts"];

const OPERATOR_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/http/admin/operator-guard.ts", OPERATORS, {
    "let a viewer do everything": {
      original: "    if (!mayActAs(operator.role, role)) {",
      replacement: '    if (!mayActAs(operator.role, "viewer")) {',
      breaks: "anybody who may look can send, drop, decide and give out keys",
    },
    "let any page act in a session": {
      original: "    if (!READING.has(request.method) && !isFromConsole(request)) {",
      replacement: "    if (!READING.has(request.method) && request.headers.cookie === undefined) {",
      breaks: "a page of somebody else acts in the name of the operator who opens it",
    },
  }),
  ...mutantsOf("src/http/admin/admin-routes.ts", ["test/unit/http/admin/admin-routes.test.ts"], {
    "take any hook for a guard": {
      original: "    if (![route.onRequest].flat().some(isGuard)) {",
      replacement: '    if (![route.onRequest].flat().some((hook) => typeof hook === "function" || isGuard(hook))) {',
      breaks: "a route below /admin that asks for no role goes into service",
    },
  }),
  ...mutantsOf("src/http/admin/request-origin.ts", OPERATORS, {
    "take another host of the site for the console": {
      original: '  if (site !== undefined) return site === "same-origin" ? "same" : "other";',
      replacement: '  if (site !== undefined) return site === "cross-site" ? "other" : "same";',
      breaks: "a page of another host of the shop's site acts in the name of an operator",
    },
    "take a request from nowhere for the console's": {
      original: '  return request.headers[CONSOLE_HEADER] === "1" && originOf(request) === "same";',
      replacement: '  return request.headers[CONSOLE_HEADER] === "1" && originOf(request) !== "other";',
      breaks: "a session changes things though no browser says that its own console asked for it",
    },
  }),
  ...mutantsOf("src/http/admin/console-session.ts", OPERATORS, {
    "believe any seal": {
      original: 'given.toString("base64url") === mac && timingSafeEqual(given, expected);',
      replacement: 'given.toString("base64url") === mac;',
      breaks: "anybody can make a session of any key whose id is known",
    },
    "take a seal in another spelling": {
      original: 'given.length === expected.length && given.toString("base64url") === mac && timing',
      replacement: "given.length === expected.length && timing",
      breaks: "a cookie that this service never made is a session",
    },
    "leave the end out of the seal": {
      original: 'createHmac("sha256", key).update(text).digest();',
      replacement: 'createHmac("sha256", key).update(text.slice(0, text.lastIndexOf("."))).digest();',
      breaks: "who has a cookie makes it last as long as they like",
    },
  }),
  ...mutantsOf("src/http/admin/session-routes.ts", OPERATORS, {
    "sign in from a page of somebody else": {
      original: "      if (isFromElsewhere(request))\n",
      replacement: '      if (isFromElsewhere(request) && request.body.key === "")\n',
      breaks: "a foreign page makes an operator act under a key that it knows",
    },
  }),
  ...mutantsOf("src/http/admin/key-routes.ts", OPERATORS, {
    "let support give out keys": {
      original: '    {\n      onRequest: requireRole("operator"),\n      schema: {\n        operationId: "createKey",',
      replacement:
        '    {\n      onRequest: requireRole("support"),\n      schema: {\n        operationId: "createKey",',
      breaks: "support gives itself the key of an operator",
    },
    "let support revoke keys": {
      original: '    {\n      onRequest: requireRole("operator"),\n      schema: {\n        operationId: "revokeKey",',
      replacement:
        '    {\n      onRequest: requireRole("support"),\n      schema: {\n        operationId: "revokeKey",',
      breaks: "support locks operators out",
    },
  }),
  ...mutantsOf("src/http/admin/login-limit.ts", ["test/unit/http/admin/login-limit.test.ts", ...OPERATORS], {
    "let who tries keys try on": {
      original: "(failures.get(address) ?? 0) >= MAX_FAILURES;",
      replacement: "(failures.get(address) ?? 0) > MAX_ADDRESSES;",
      breaks: "keys can be tried as fast as the service answers",
    },
  }),
  ...mutantsOf("src/actors/operator-access.ts", ACCESS, {
    "let revoked keys work": {
      original: "  return revokedAt === null ? { keyId, name, role } : null;",
      replacement: '  return revokedAt !== "" ? { keyId, name, role } : null;',
      breaks: "who left the shop goes on with the key that was taken back",
    },
    "let ended sessions go on": {
      original: "      return stored === null || isEnded ? null : holderOf(stored);",
      replacement: "      return stored === null || (isEnded && expiresAtMs === 0) ? null : holderOf(stored);",
      breaks: "who kept the cookie of somebody who signed out goes on in their name",
    },
    "let sessions last for ever": {
      original: "      if (expiresAtMs <= clock.nowMs()) return null;\n",
      replacement: "",
      breaks: "a cookie that was left on a machine is as good as a key",
    },
    "give out the first key again": {
      original: "      if ((await keys.list()).length > 0) return null;",
      replacement: "      if ((await keys.list()).some(({ revokedAt }) => revokedAt === null)) return null;",
      breaks: "a restart gives out a key where all keys were revoked",
    },
  }),
  ...mutantsOf("src/infra/operator-secrets.ts", ACCESS, {
    "take any secret": {
      original: "    return expected.length === given.length && timingSafeEqual(expected, given);",
      replacement: "    return expected.length === given.length && timingSafeEqual(given, given);",
      breaks: "the id of a key, which everybody sees in the audit, is enough to act",
    },
    "keep secrets readable": {
      original: '  return createHash("sha256").update(secret).digest();',
      replacement: "  return Buffer.from(secret);",
      breaks: "who sees a copy of the store has all keys",
    },
  }),
];

const DECISION_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/http/admin/dead-letter-routes.ts", LETTERS_OVER_HTTP, {
    "send the letters of a dry run": {
      original: "(dryRun ? deadLetters.foresee : deadLetters.redrive)(operatorOf(request), {",
      replacement: "deadLetters.redrive(operatorOf(request), {",
      breaks: "who only wanted to see what would follow has sent a whole selection",
    },
    "send the letter of a dry run": {
      original: "      const handle = dryRun ? deadLetters.foresee : deadLetters.redrive;",
      replacement: "      const handle = deadLetters.redrive;",
      breaks: "who only wanted to see what would follow has sent it",
    },
  }),
  ...mutantsOf("src/actors/dead-letter-desk.ts", LETTERS, {
    "send again what was sent": {
      original: '          missingOrDone(letter, ["redriven"]) ?? ',
      replacement: "          missingOrDone(letter, []) ?? ",
      breaks: "a letter that somebody has sent again is sent once more",
    },
    "drop what was sent": {
      original: '          missingOrDone(letter, ["redriven", "dropped"]) ??',
      replacement: '          missingOrDone(letter, ["dropped"]) ??',
      breaks: "a letter that was sent again is marked as left alone, and the audit says so",
    },
    "send two things of one letter": {
      original: "            if (!(await claims.take(summary.id, edit, actId))) return TAKEN;\n",
      replacement: "            await claims.take(summary.id, edit, actId);\n",
      breaks: "one record that was edited by two people at once takes effect twice",
    },
    "free a letter that may have been sent": {
      original: 'error instanceof OperationalError && error.code !== "outcome_unknown") await claims',
      replacement: "error instanceof OperationalError) await claims",
      breaks: "something else of a letter is sent though the first may be on its way",
    },
    "forget what was sent instead": {
      original: "editedPayload: edit.payload === undefined || record === undefined ? null : String(record.value),",
      replacement: "editedPayload: null,",
      breaks: "the history of a letter does not show what somebody made of it",
    },
    "call what was sent a failure": {
      original: ".catch(record === undefined ? rethrow : tellSent);",
      replacement: ".catch(rethrow);",
      breaks: "who sent a record hears that it failed, and sends something else instead",
    },
  }),
  ...mutantsOf("src/actors/letter-claims.ts", LETTERS, {
    "let the second claim win, too": {
      original: "isSame([first.payload, first.key], [payload, key]);",
      replacement: "isSame([first.payload], [payload]);",
      breaks: "the same payment goes to two orders, because two people each named another one",
    },
    "give back the claim of somebody else": {
      original: "      if (first?.claimId === claimId) await",
      replacement: "      if (first !== undefined) await",
      breaks: "a failed second attempt frees a letter of which the first has sent something",
    },
  }),
  ...mutantsOf("src/actors/redriven-records.ts", LETTERS, {
    "let an edited decision keep its name": {
      original: "    return edit.payload === undefined ? record : signedBy(operator, record, codec);",
      replacement: "    return edit.payload === undefined || codec === undefined ? record : record;",
      breaks: "a decision about money is under the name of somebody who never made it",
    },
  }),
  ...mutantsOf("src/actors/redrive-forecast.ts", LETTERS, {
    "foresee each letter for itself": {
      original: "  actor.record(commit);\n",
      replacement: "",
      breaks: "a dry run promises of each letter what only the first of them does",
    },
    "foresee with any time": {
      original: "        return { ...found, message: withPlausibleTime(found.message, record.timestampMs) };",
      replacement: "        return { ...found, message: found.message };",
      breaks: "a dry run promises an effect that a time from the future will not have",
    },
  }),
  ...mutantsOf("src/actors/mail-desk.ts", MAILS, {
    "record decisions that do not fit": {
      original: '      if (!mayDecide(decision, before)) return "undecidable";\n',
      replacement: "",
      breaks: "the audit tells of decisions that nobody could make",
    },
    "keep a dropped mail from its order": {
      original: '      if (decision === "drop" && after.state === "dropped" && round > 0) await',
      replacement: '      if (decision === "drop" && after.state === "refused" && round > 0) await',
      breaks: "an order waits on for the mail that somebody has dropped",
    },
  }),
  ...mutantsOf("src/actors/mail-decisions.ts", ["test/unit/support/memory.contract.test.ts", ...MAILS], {
    "send what the mail server took": {
      original: 'return decision === "send" ? isOpen || state === "refused" || state === "dropped" : isOpen;',
      replacement: 'return decision === "send" ? isOpen || state !== "attempting" : isOpen;',
      breaks: "a customer gets a mail again that arrived",
    },
    "drop what was refused": {
      original: '|| state === "dropped" : isOpen;',
      replacement: '|| state === "dropped" : isOpen || state === "refused";',
      breaks: "an order hears of the end of a mail twice, and of another one the second time",
    },
  }),
  ...mutantsOf("src/actors/payment-decisions.ts", PAYMENTS, {
    "decide about settled money": {
      original: '    if (payment.type === "settled" && !(await isRepeated(asked, found.commits))) {',
      replacement:
        '    if (payment.type === "settled" && (await isRepeated(asked, found.commits)) && asked.reason === "") {',
      breaks: "a decision about money that an order has taken is accepted, and comes to nothing",
    },
    "give money to an order that waits for none": {
      original: '    if (order.status !== "received") {',
      replacement: '    if (order.status === "rejected") {',
      breaks: "money goes from one order that has no use for it to another one",
    },
    "give money in another currency": {
      original: "    if (order.details.total?.currency !== amount.currency) {",
      replacement: "    if (order.details.total === null) {",
      breaks: "dollars are given to an order in euros",
    },
    "refuse without an act": {
      original: "        await audit.record({ ...act, act: PAYMENT_DECISION_REFUSED, details });\n",
      replacement: "        void [act, details];\n",
      breaks: "the audit does not show who tried to move money in vain",
    },
  }),
];

export const PEOPLE_GUARDS: readonly Mutant[] = [...OPERATOR_GUARDS, ...DECISION_GUARDS];
