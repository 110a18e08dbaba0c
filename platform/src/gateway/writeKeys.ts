import type { IncomingMessage } from "node:http";

const maxKeyChars = 512;

/** The write key that a request's header names: Basic `base64(key:)`, the colon tolerated missing, or Bearer. */
export function headerKey(request: IncomingMessage): string | null {
  const header = request.headers.authorization;
  if (header === undefined || header.length > maxKeyChars * 2) return null;
  const [scheme = "", credentials = ""] = header.trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer") return credentials === "" ? null : credentials;
  if (scheme.toLowerCase() !== "basic") return null;
  const key = Buffer.from(credentials, "base64").toString("utf8").split(":", 1)[0] ?? "";
  return key === "" ? null : key;
}

/** The browser library puts the key into the body, where headers would cost a preflight. */
export function bodyKey(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, "writeKey")) return null;
  const { writeKey } = body as { writeKey: unknown };
  return typeof writeKey === "string" && writeKey !== "" && writeKey.length <= maxKeyChars ? writeKey : null;
}

export function queryKey(url: string): string | null {
  const at = url.indexOf("?");
  if (at < 0) return null;
  const key = new URLSearchParams(url.slice(at + 1)).get("writeKey");
  return key === "" ? null : key;
}
