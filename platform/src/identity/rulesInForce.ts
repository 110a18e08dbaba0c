import { createHash } from "node:crypto";
import { canonicalJson } from "../model/canonicalJson.ts";
import { Problem } from "../model/problem.ts";
import type { RulesVersion } from "../model/rulesVersion.ts";
import { parseIdentityRules } from "./parseRules.ts";
import type { IdentityRules } from "./rules.ts";

/** Of what a document says, however its fields are ordered: SHA-256 in hexadecimal. */
export function rulesHash(document: unknown): string {
  return createHash("sha256").update(canonicalJson(document)).digest("hex");
}

/** Compiled patterns hang on the rules, so that it pays to have one object of each version. */
const parsed = new Map<string, IdentityRules>();
const maxParsed = 8;

/**
 * What a version says, or the defaults where none was published. Problem 500 `rules_unknown` for a document that was
 * published by a program that knew more.
 */
export function rulesInForce(
  version: Pick<RulesVersion, "number" | "hash" | "document"> | null,
  defaults: IdentityRules,
): IdentityRules {
  if (version === null) return defaults;
  const known = parsed.get(version.hash);
  if (known !== undefined) return known;
  const rules = parsedAgain(version);
  if (parsed.size >= maxParsed) parsed.delete(parsed.keys().next().value ?? "");
  parsed.set(version.hash, rules);
  return rules;
}

function parsedAgain({ number, document }: Pick<RulesVersion, "number" | "document">): IdentityRules {
  try {
    return parseIdentityRules(document);
  } catch (error) {
    const why = error instanceof Problem ? ` ${error.message}` : "";
    throw new Problem(
      500,
      "rules_unknown",
      `This program does not know version ${number} of the identity rules.${why}`,
      {
        hint: "run the version that published them, or a newer one",
      },
    );
  }
}
