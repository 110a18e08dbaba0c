import { Pool } from "undici";

export interface Answer {
  status: number;
  /** Seconds, from Retry-After; null when not said. */
  retryAfterSeconds: number | null;
  body: string;
}

export interface Connections {
  get(path: string): Promise<Answer>;
  post(path: string, json: Buffer): Promise<Answer>;
  close(): void;
}

const maxAnswerMs = 60_000;

/** At most `most` kept-alive connections to `url`, all with the same authorisation; one request at a time on each. */
export function openConnections(url: string, authorization: string, most: number): Connections {
  const pool = new Pool(new URL(url).origin, {
    connections: most,
    pipelining: 1,
    headersTimeout: maxAnswerMs,
    bodyTimeout: maxAnswerMs,
  });
  const ask = (method: "GET" | "POST", path: string, json?: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let answer: Omit<Answer, "body"> = { status: 0, retryAfterSeconds: null };
      pool.dispatch(
        {
          method,
          path,
          headers: json === undefined ? { authorization } : { authorization, "content-type": "application/json" },
          body: json ?? null,
        },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_controller, status, headers) => {
            const retryAfter = headers["retry-after"];
            answer = { status, retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter) };
          },
          onResponseData: (_controller, part) => {
            parts.push(part);
          },
          onResponseEnd: () => resolve({ ...answer, body: Buffer.concat(parts).toString() }),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
  return {
    get: (path) => ask("GET", path),
    post: (path, json) => ask("POST", path, json),
    close: () => void pool.destroy(),
  };
}

export function basic(writeKey: string): string {
  return `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
}
