import { hash } from "node:crypto";

/** Changes whenever the same file would get other ids: its next import would then be new to the platform. */
const idVersion = "c360-import-1";
const hashChars = 32;

/** 192 bits of SHA-256, base64url. */
export function contentHash(text: string): string {
  return hash("sha256", text, "base64url").slice(0, hashChars);
}

/**
 * The id of an imported event: a hash of its key, its content and its ordinal among equal events of the file. Content
 * is the call without its lines, and the lines as a set: the same order exported with its lines in another order is
 * the same. At most 100 characters.
 */
export function importedMessageId(key: string, call: string, lines: readonly string[], ordinal: number): string {
  const sorted = [...lines].sort();
  return `import-${contentHash(JSON.stringify([idVersion, key, call, ordinal, ...sorted]))}`;
}
