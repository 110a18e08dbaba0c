import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../model/problem.ts";

/**
 * Who may call a route. `token`: an API token as Bearer. `docs`: that, or Basic with a token as the password, which is
 * what a browser can ask for; it is accepted for reading the docs and nowhere else, since a browser repeats it on its
 * own, for other sites' forms too. `segment`: Bearer, or Basic with the token as user name, as Segment's clients send it.
 */
export type RouteAccess = "public" | "token" | "docs" | "segment";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Without it: `token`. */
    access?: RouteAccess;
    /** A write whose answer is kept under the caller's `Idempotency-Key`. */
    idempotent?: boolean;
    /** Customers' data may have any keys in its body; without it `__proto__` and `constructor.prototype` are refused. */
    anyKeys?: boolean;
  }
}

const maxHeaderChars = 4_096;
const bearerChallenge = 'Bearer realm="customer-360"';
const docsChallenge = 'Basic realm="Customer 360 docs: any user name, an API token as password", charset="UTF-8"';

/** The token that a request shows, or null. */
export function tokenShown(access: RouteAccess, header: string | undefined): string | null {
  if (header === undefined || header.length > maxHeaderChars) return null;
  const [, scheme, credentials] = /^([A-Za-z]+) +(\S+) *$/.exec(header) ?? [];
  if (scheme === undefined || credentials === undefined) return null;
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic" || (access !== "docs" && access !== "segment")) return null;
  const pair = Buffer.from(credentials, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  const [user, password] = colon === -1 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
  const token = access === "docs" ? password : user;
  return token === "" ? null : token;
}

/** Compares in a time that says nothing about where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The hook that lets a request in or throws Problem 401. `isToken` is asked once a request. */
export function authorise(isToken: (token: string) => Promise<boolean>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const access = request.routeOptions.config?.access ?? "token";
    // Where nothing is, there is nothing to guard.
    if (access === "public" || request.is404) return;
    const token = tokenShown(access, request.headers.authorization);
    if (token !== null && (await isToken(token))) return;
    reply.header("www-authenticate", access === "docs" ? docsChallenge : bearerChallenge);
    throw token === null
      ? new Problem(401, "not_signed_in", "This needs an API token.", {
          hint: "Send the header Authorization: Bearer TOKEN. Make a token with: c360 tokens create NAME",
        })
      : new Problem(401, "token_unknown", "The API token is not known here; it may have been revoked.", {
          hint: "Make a new one with: c360 tokens create NAME. A source's write key is no API token.",
        });
  };
}
