import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../model/problem.ts";

const keepMs = 24 * 60 * 60 * 1_000;
const maxAnswers = 10_000;
const maxAnswerBytes = 16 * 1_024 * 1_024;
const maxKeyChars = 255;

interface KeptAnswer {
  fingerprint: string;
  until: number;
  /** Null while the first request is still being worked on. */
  answer: { status: number; body: string } | null;
}

/** What a request sees when it asks for its key. */
type Asked = "first" | "running" | "other_request" | { status: number; body: string };

/**
 * Answers of writes by (token, key, route), for 24 hours or until 10,000 answers or 16 MiB push the oldest out. In
 * memory only: an answer may hold a new write key.
 */
export class AnswerRecord {
  readonly #kept = new Map<string, KeptAnswer>();
  readonly #now: () => number;
  #bytes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `first` claims the key: the caller must then `keep` or `forget` it. */
  ask(key: string, fingerprint: string): Asked {
    this.#dropOld();
    const kept = this.#kept.get(key);
    if (kept === undefined) {
      this.#kept.set(key, { fingerprint, until: this.#now() + keepMs, answer: null });
      return "first";
    }
    if (kept.fingerprint !== fingerprint) return "other_request";
    return kept.answer ?? "running";
  }

  keep(key: string, answer: { status: number; body: string }): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    kept.answer = answer;
    this.#bytes += answer.body.length;
    this.#dropOld();
  }

  /** So that it may be tried again. */
  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= kept.answer?.body.length ?? 0;
  }

  /** True for a key whose request has not been answered yet. */
  isRunning(key: string): boolean {
    return this.#kept.get(key)?.answer === null;
  }

  #dropOld(): void {
    for (const [key, { until }] of this.#kept) {
      // Insertion order is the order of age.
      if (until > this.#now() && this.#kept.size <= maxAnswers && this.#bytes <= maxAnswerBytes) return;
      this.forget(key);
    }
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** Makes the routes marked `idempotent` answer a repeated `Idempotency-Key` as they did the first time. */
export function honourIdempotencyKeys(app: FastifyInstance, now: () => number): void {
  const record = new AnswerRecord(now);
  const claims = new WeakMap<FastifyRequest, string>();

  app.addHook("preHandler", async (request, reply) => {
    const name = request.headers["idempotency-key"];
    if (name === undefined || request.routeOptions.config.idempotent !== true) return;
    const key = keyOf(request, String(name));
    const asked = record.ask(key, sha256(`${request.url}\n${JSON.stringify(request.body ?? null)}`));
    if (asked === "first") {
      claims.set(request, key);
      return;
    }
    return repeat(reply, asked);
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const key = claims.get(request);
    if (key === undefined) return payload;
    const isLasting = reply.statusCode < 500 && reply.statusCode !== 429;
    if (isLasting) record.keep(key, { status: reply.statusCode, body: typeof payload === "string" ? payload : "" });
    else record.forget(key);
    return payload;
  });

  app.addHook("onResponse", async (request) => {
    const key = claims.get(request);
    if (key !== undefined && record.isRunning(key)) record.forget(key);
  });
}

function keyOf(request: FastifyRequest, name: string): string {
  if (name.length === 0 || name.length > maxKeyChars) {
    throw new Problem(400, "idempotency_key_invalid", `An Idempotency-Key has 1 to ${maxKeyChars} characters.`, {
      hint: "Use a new UUID for each write.",
      field: "Idempotency-Key",
    });
  }
  return sha256(`${request.headers.authorization ?? ""}\n${request.method} ${request.routeOptions.url}\n${name}`);
}

function repeat(reply: FastifyReply, asked: Exclude<Asked, "first">): FastifyReply {
  if (asked === "other_request") {
    throw new Problem(422, "idempotency_key_reused", "This Idempotency-Key came with another request before.", {
      hint: "Use a new key for a new write.",
      field: "Idempotency-Key",
    });
  }
  if (asked === "running") {
    throw new Problem(409, "idempotency_in_progress", "The first request with this Idempotency-Key is still running.", {
      hint: "Ask again in a second: it will be answered as the first one was.",
      retryAfterSeconds: 1,
    });
  }
  reply.code(asked.status).header("idempotent-replay", "true");
  if (asked.body !== "") reply.type("application/json; charset=utf-8");
  return reply.send(asked.body === "" ? undefined : asked.body);
}
