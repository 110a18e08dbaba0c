import { Agent, request } from "node:http";

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

/** At most `most` kept-alive connections to `url`, all with the same authorisation. */
export function openConnections(url: string, authorization: string, most: number): Connections {
  const agent = new Agent({ keepAlive: true, maxSockets: most });
  const { hostname, port } = new URL(url);
  const to = { agent, hostname, port, timeout: maxAnswerMs };
  const ask = (method: "GET" | "POST", path: string, json?: Buffer): Promise<Answer> => {
    const headers: Record<string, string | number> =
      json === undefined
        ? { authorization }
        : { authorization, "content-type": "application/json", "content-length": json.length };
    return new Promise((resolve, reject) => {
      const asked = request({ ...to, method, path, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const retryAfter = response.headers["retry-after"];
          resolve({
            status: response.statusCode ?? 0,
            retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter),
            body: Buffer.concat(parts).toString(),
          });
        });
      });
      asked.on("error", reject);
      asked.on("timeout", () => asked.destroy(new Error(`no answer within ${maxAnswerMs} ms`)));
      asked.end(json);
    });
  };
  return {
    get: (path) => ask("GET", path),
    post: (path, json) => ask("POST", path, json),
    close: () => agent.destroy(),
  };
}

export function basic(writeKey: string): string {
  return `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
}
