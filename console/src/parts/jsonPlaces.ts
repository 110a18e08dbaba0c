import type { words } from "../words/words.ts";

/** Offsets into the text, the end exclusive. */
export interface Place {
  from: number;
  to: number;
}

type SyntaxFault = keyof (typeof words.json)["syntaxWhat"];

/** A value where it stands, with what is in it. */
interface Node extends Place {
  /** Of objects by name, of lists by place. */
  children: Map<string, Node>;
  /** Of a member, its name's place. */
  name: Place | null;
}

type Scanned = { root: Node } | { fault: SyntaxFault; place: Place };

const maxDepth = 200;
const spaces = /[ \t\n\r]*/y;
const numbers = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const literals = /true|false|null/y;
/** What is below it has to be escaped. */
const firstPrintable = 0x20;
const escapes = /\\(["\\/bfnrt]|u[\da-fA-F]{4})/y;

class Fault extends Error {
  readonly what: SyntaxFault;
  readonly place: Place;
  constructor(what: SyntaxFault, place: Place) {
    super(what);
    this.what = what;
    this.place = place;
  }
}

/** Reads JSON text with the place of each value; or tells the first thing that is wrong, in every browser alike. */
export function scanJson(text: string): Scanned {
  try {
    const { node, end } = valueAt(text, skip(text, 0), 0);
    const rest = skip(text, end);
    if (rest < text.length) throw new Fault("more", { from: rest, to: text.length });
    return { root: node };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.what, place: error.place };
    throw error;
  }
}

interface Read {
  node: Node;
  end: number;
}

function valueAt(text: string, from: number, depth: number): Read {
  const first = text[from];
  if (depth > maxDepth) throw new Fault("deep", one(text, from));
  if (first === "{") return objectAt(text, from, depth);
  if (first === "[") return listAt(text, from, depth);
  const end = first === '"' ? textEnd(text, from) : (match(numbers, text, from) ?? match(literals, text, from));
  if (end === null) throw new Fault("value", one(text, from));
  return { node: { from, to: end, children: new Map(), name: null }, end };
}

function objectAt(text: string, from: number, depth: number): Read {
  const children = new Map<string, Node>();
  let at = skip(text, from + 1);
  if (text[at] === "}") return { node: { from, to: at + 1, children, name: null }, end: at + 1 };
  for (;;) {
    if (text[at] !== '"') throw new Fault("name", one(text, at));
    const nameEnd = textEnd(text, at);
    const name = { from: at, to: nameEnd };
    const key = String(JSON.parse(text.slice(at, nameEnd)));
    if (children.has(key)) throw new Fault("twice", name);
    const colon = skip(text, nameEnd);
    if (text[colon] !== ":") throw new Fault("colon", one(text, colon));
    const { node, end } = valueAt(text, skip(text, colon + 1), depth + 1);
    children.set(key, { ...node, name });
    at = skip(text, end);
    if (text[at] === "}") return { node: { from, to: at + 1, children, name: null }, end: at + 1 };
    if (text[at] !== ",") throw new Fault("comma", one(text, at));
    at = skip(text, at + 1);
  }
}

function listAt(text: string, from: number, depth: number): Read {
  const children = new Map<string, Node>();
  let at = skip(text, from + 1);
  if (text[at] === "]") return { node: { from, to: at + 1, children, name: null }, end: at + 1 };
  for (;;) {
    const { node, end } = valueAt(text, at, depth + 1);
    children.set(String(children.size), node);
    at = skip(text, end);
    if (text[at] === "]") return { node: { from, to: at + 1, children, name: null }, end: at + 1 };
    if (text[at] !== ",") throw new Fault("comma", one(text, at));
    at = skip(text, at + 1);
  }
}

function textEnd(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    while (isPlain(text, at)) at += 1;
    if (text[at] === '"') return at + 1;
    if (text[at] !== "\\") throw new Fault("text", { from, to: Math.max(from + 1, at) });
    const after = match(escapes, text, at);
    if (after === null) throw new Fault("escape", { from: at, to: Math.min(text.length, at + 2) });
    at = after;
  }
}

function isPlain(text: string, at: number): boolean {
  const char = text[at];
  return char !== undefined && char !== '"' && char !== "\\" && text.charCodeAt(at) >= firstPrintable;
}

function match(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function skip(text: string, at: number): number {
  return match(spaces, text, at) ?? at;
}

/** The character at a place, or the last one at the end. */
function one(text: string, at: number): Place {
  return at < text.length ? { from: at, to: at + 1 } : { from: Math.max(0, text.length - 1), to: text.length };
}

/** A place in a list, a name in quotes, or a name. */
const fieldParts = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.]+?)(?=\.|\[\d+\]|\["|$)/g;

/** `events["Order Completed"].products[0].price`, or a JSON Pointer, as its names and places. */
function fieldTokens(field: string): string[] {
  if (field.startsWith("/")) {
    return field
      .slice(1)
      .split("/")
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return [...field.matchAll(fieldParts)].map(([whole, index, quoted]) => index ?? unquoted(quoted) ?? whole);
}

/** Null of what is no JSON text. */
function unquoted(quoted: string | undefined): string | null {
  try {
    return quoted === undefined ? null : String(JSON.parse(quoted));
  } catch {
    return null;
  }
}

/**
 * Where a field stands in the text; where it is not there, the name of the innermost object that should hold it, or the
 * bracket that opens the call.
 */
export function fieldPlace(text: string, field: string): (Place & { isThere: boolean }) | null {
  const scanned = scanJson(text);
  if ("fault" in scanned) return null;
  let node = scanned.root;
  for (const token of fieldTokens(field)) {
    const next = node.children.get(token);
    if (next === undefined) {
      const { from, to } = node.name ?? { from: node.from, to: node.from + 1 };
      return { from, to, isThere: false };
    }
    node = next;
  }
  return { from: node.name?.from ?? node.from, to: node.to, isThere: true };
}

/** From 1. */
export function lineOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
