import type { FastifyInstance } from "fastify";
import { maxDepth } from "../model/event.ts";
import { Problem } from "../model/problem.ts";

/** A route wraps what an event's depth counts: `{"calls": [event]}`. */
const maxRequestDepth = maxDepth + 4;

const quote = 0x22;
const backslash = 0x5c;

/**
 * True when brackets nest deeper than `most`, found in one pass over the bytes and before any parser recurses. Brackets
 * inside strings do not count. Bytes that are not JSON give some answer; the parser refuses them.
 */
export function nestsDeeperThan(json: Uint8Array, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > most) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return false;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
/** The words of the keys that {@link hasPrototypeKey} looks for, plain or escaped: without them it need not look. */
const suspicious = /__proto__|prototype|\\u00/i;

/**
 * Parses a request's body; none at all is `undefined`. Throws Problem 400 `body_too_deep`, `body_not_utf8`,
 * `malformed_json` (without V8's message, which quotes the body) or, unless `anyKeys`, `prototype_key`.
 */
export function parseJsonBody(body: Uint8Array, { anyKeys = false } = {}): unknown {
  if (body.length === 0) return undefined;
  if (nestsDeeperThan(body, maxRequestDepth)) {
    throw new Problem(400, "body_too_deep", `The body nests deeper than ${maxRequestDepth} brackets.`, {
      hint: "Flatten it; no customer's data needs that.",
    });
  }
  const text = textOf(body);
  const parsed = parsedOf(text);
  if (!anyKeys && suspicious.test(text) && hasPrototypeKey(parsed)) {
    throw new Problem(400, "prototype_key", "The body has a key `__proto__` or `constructor.prototype`.", {
      hint: "Rename the key.",
    });
  }
  return parsed;
}

function textOf(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Problem(400, "body_not_utf8", "The body is not UTF-8 text.", { hint: "Encode JSON as UTF-8." });
  }
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, "malformed_json", "The body is not JSON.", { hint: "Check it with a JSON validator." });
  }
}

/** Depth is bounded by now, so that recursion is safe. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Object.hasOwn(value, "__proto__")) return true;
  if (Object.hasOwn(value, "constructor")) {
    const made: unknown = value.constructor;
    if (typeof made === "object" && made !== null && Object.hasOwn(made, "prototype")) return true;
  }
  return Object.values(value).some(hasPrototypeKey);
}

/** Reads `application/json` bodies and no others; everything else is a 415. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    try {
      done(null, parseJsonBody(body, { anyKeys: request.routeOptions.config.anyKeys === true }));
    } catch (error) {
      done(error as Error);
    }
  });
}
