import type { BufferRecord } from "../../buffer/eventBuffer.ts";
import type { JsonObject } from "../../model/event.ts";
import { fragmentKey } from "../../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../../model/keyedHash.ts";
import { encodeRecord } from "../../model/logRecord.ts";
import { Problem } from "../../model/problem.ts";
import { readReason } from "../../model/reason.ts";
import { defaultRulesNumber, rulesRecordOf, rulesSource, type RulesVersion } from "../../model/rulesVersion.ts";
import type { RulesVersions } from "../../storage/rulesVersions.ts";
import { oneAtATime } from "../oneAtATime.ts";
import { parseIdentityRules } from "../parseRules.ts";
import type { IdentityRules } from "../rules.ts";
import { rulesHash } from "../rulesInForce.ts";
import { documentChanges } from "./difference.ts";
import { previewsOver, type PreviewParts, type RulesPreview } from "./previews.ts";

export type { RulesPreview } from "./previews.ts";

/** A version as those see it who ask. */
export interface PublishedRules {
  number: number;
  hash: string;
  document: JsonObject;
  /** The id of an API token; null for the defaults, which nobody published. */
  by: string | null;
  reason: string;
  /** UTC ms; null for the defaults. */
  publishedAt: number | null;
  inForce: boolean;
}

/** Identity rules as a document: read, tried out, published. */
export interface RulesService {
  /** Greatest number first; `applying`: published, and being applied to everybody. */
  list(wanted: { below: number | null; limit: number }): Promise<{
    current: PublishedRules;
    applying: { number: number; since: number } | null;
    items: PublishedRules[];
    next: number | null;
  }>;
  /** Problem 404 `rules_version_not_found`. */
  version(number: number): Promise<PublishedRules>;
  /** Problem 400 `invalid_identity_rules` with the field's path; 503 `preview_busy`. */
  preview(document: unknown): Promise<RulesPreview>;
  previewOf(id: string): RulesPreview;
  cancelPreview(id: string): Promise<RulesPreview>;
  /**
   * Durable when it resolves. Problem 400 as above, 409 `rules_changed_meanwhile` where `basedOn` is not the version
   * that holds, 409 `rules_unchanged`, 413 `rules_too_large`, 422 `rules_refused`, 503 `rules_undecided` while an earlier
   * one is being applied.
   */
  publish(
    wanted: { document: unknown; basedOn: number },
    saying: { by: string; reason: string },
  ): Promise<{ version: PublishedRules; decided: boolean }>;
  close(): Promise<void>;
}

export interface RulesServiceParts extends PreviewParts {
  versions: RulesVersions;
  /** Until others are published. */
  rules: IdentityRules;
  hash: KeyedHash;
  append: (records: readonly BufferRecord[]) => Promise<unknown>;
  /** Resolves when everything that is durable by now is decided. */
  decided: () => Promise<void>;
}

/** An answer waits so long for the decision. */
const maxDecisionMs = 10_000;
/** Of its JSON: it is a record of the log, and read as a whole wherever rules are asked for. */
const maxDocumentChars = 262_144;

export function rulesService(parts: RulesServiceParts): RulesService {
  const previews = previewsOver(parts);
  const inTurn = oneAtATime();
  let applying: { number: number; since: number } | null = null;
  const current = async (): Promise<PublishedRules> => {
    const stored = await parts.versions.current();
    return stored === null ? defaults(parts, true) : shown(stored, true);
  };
  const isDecided = async (): Promise<boolean> => {
    const decided = parts.decided().then(() => true);
    return Promise.race([decided, parts.sleep(maxDecisionMs).then(() => false)]);
  };
  const publish = async (version: RulesVersion): Promise<{ version: PublishedRules; decided: boolean }> => {
    await parts.append([bufferRecord(version, parts.hash)]);
    const now = { number: version.number, since: version.receivedAt };
    applying = now;
    const done = parts.decided().finally(() => {
      if (applying === now) applying = null;
    });
    const decided = await Promise.race([done.then(() => true), parts.sleep(maxDecisionMs).then(() => false)]);
    if (!decided) done.catch(() => undefined);
    if (decided && (await parts.versions.byNumber(version.number))?.id !== version.id) throw refused();
    return { version: shown(version, decided), decided };
  };
  return {
    list: async ({ below, limit }) => {
      const holds = await current();
      const { items, next } = await pageOf({ below, limit }, holds, parts);
      return { current: holds, applying, items, next };
    },
    version: async (number) => {
      const holds = await current();
      if (number === holds.number) return holds;
      if (number === defaultRulesNumber) return defaults(parts, false);
      const stored = await parts.versions.byNumber(number);
      if (stored !== null) return shown(stored, false);
      throw new Problem(404, "rules_version_not_found", `There is no version ${number} of the identity rules.`, {
        hint: "GET /api/identity/rules lists all of them.",
      });
    },
    preview: async (document) => {
      const rules = parseIdentityRules(document);
      const { document: holding } = await current();
      return previews.start({ rules, hash: rulesHash(rules), changes: documentChanges(holding, rules) });
    },
    previewOf: previews.of,
    cancelPreview: previews.cancel,
    publish: (wanted, saying) =>
      inTurn(async () => {
        const reason = readReason(saying.reason);
        const read = documentOf(parseIdentityRules(wanted.document));
        if (!(await isDecided())) throw undecided();
        const holds = await current();
        if (holds.number !== wanted.basedOn) throw changedMeanwhile(wanted.basedOn, holds);
        if (holds.hash === read.hash) throw unchanged(holds);
        const { now, newId } = parts;
        return publish({ id: newId(), number: holds.number + 1, ...read, by: saying.by, reason, receivedAt: now() });
      }),
    close: previews.close,
  };
}

function documentOf(rules: IdentityRules): { document: JsonObject; hash: string } {
  const text = JSON.stringify(rules);
  if (text.length > maxDocumentChars) {
    throw new Problem(413, "rules_too_large", `The document has more than ${maxDocumentChars} characters of JSON.`, {
      hint: "Block by a few patterns in place of many values.",
    });
  }
  return { document: JSON.parse(text) as JsonObject, hash: rulesHash(rules) };
}

async function pageOf(
  { below, limit }: { below: number | null; limit: number },
  holds: PublishedRules,
  parts: RulesServiceParts,
): Promise<{ items: PublishedRules[]; next: number | null }> {
  const found = await parts.versions.latest({ below, limit: limit + 1 });
  const versions = found.map((version) => shown(version, version.number === holds.number));
  const reachesDefaults = found.length <= limit && (below ?? Number.MAX_SAFE_INTEGER) > defaultRulesNumber;
  const all = reachesDefaults ? [...versions, defaults(parts, holds.number === defaultRulesNumber)] : versions;
  const items = all.slice(0, limit);
  return { items, next: all.length > limit ? (items.at(-1)?.number ?? null) : null };
}

function shown({ number, hash, document, by, reason, receivedAt }: RulesVersion, inForce: boolean): PublishedRules {
  return { number, hash, document, by, reason, publishedAt: receivedAt, inForce };
}

/** What the program brings. Its hash is that of what it brings now: another program may bring others. */
function defaults({ rules }: RulesServiceParts, inForce: boolean): PublishedRules {
  const { document, hash } = documentOf(rules);
  const reason = "The defaults that the platform comes with.";
  return { number: defaultRulesNumber, hash, document, by: null, reason, publishedAt: null, inForce };
}

/** Nobody's fragment: the document names no customer. */
function bufferRecord(version: RulesVersion, hash: KeyedHash): BufferRecord {
  return {
    fragment: fragmentIdOf(hash, fragmentKey([], rulesSource)),
    message: messageKeyOf(hash, rulesSource, version.id),
    payload: encodeRecord(rulesRecordOf(version)),
  };
}

function changedMeanwhile(basedOn: number, { number, by, reason }: PublishedRules): Problem {
  const whose = by === null ? "" : ` It came with the token ${by}: ${reason}`;
  const message = `Your document is based on version ${basedOn}, but version ${number} holds.${whose}`;
  return new Problem(409, "rules_changed_meanwhile", message, {
    hint: `Look at what is different in version ${number}, make your changes in it, and publish based on it.`,
    field: "basedOn",
  });
}

function unchanged({ number }: PublishedRules): Problem {
  return new Problem(409, "rules_unchanged", `Version ${number}, which holds, says the same.`, { field: "document" });
}

function undecided(): Problem {
  return new Problem(503, "rules_undecided", "What came before is still being decided.", {
    hint: "Many events wait, or rules are being applied to everybody: GET /api/identity/rules tells.",
    retryAfterSeconds: 10,
  });
}

function refused(): Problem {
  return new Problem(422, "rules_refused", "The rules were kept, but could not be applied.", {
    hint: "The dry run tells why: POST /api/identity/rules/preview",
  });
}
