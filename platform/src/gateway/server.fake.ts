import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerOptions,
} from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { openAccessStore } from "../adapters/embedded/accessStore.ts";
import type { BufferRecord } from "../buffer/eventBuffer.ts";
import type { AcceptedEvent, CallRecord, RejectedCall } from "../model/event.ts";
import { keyedHash } from "../model/keyedHash.ts";
import { decodeRecord } from "../model/logRecord.ts";
import { position } from "../model/position.ts";
import type { AccessStore } from "../storage/access.ts";
import type { Backlog } from "./admission.ts";
import { answerClientError, createGateway, gatewayServerOptions, type Gateway, type GatewayParts } from "./gateway.ts";

export const receivedAt = Date.UTC(2026, 10, 24, 12);
export const hash = keyedHash(Buffer.alloc(32, 7));

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Sent {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array;
}

/** Everything is decided at once. */
export const nothingPending: Backlog = {
  pending: () => 0,
  pendingOf: () => 0,
  sharers: () => 0,
  decidedPerSecond: () => 0,
};

/** A gateway behind a real server, over a log in memory. */
export interface GatewayServer {
  gateway: Gateway;
  access: AccessStore;
  port: number;
  /** Of the source `web`. */
  writeKey: string;
  /** Everything that was appended since the last call, and in how many appends. */
  taken(): { records: CallRecord[]; stored: BufferRecord[]; appends: number };
  accepted(): AcceptedEvent[];
  rejected(): RejectedCall[];
  /** What the log does from now on instead of keeping records. */
  appendWith(append: GatewayParts["append"] | null): void;
  faults: unknown[];
  /** Rejects when the connection ends without an answer. */
  send(path: string, sent?: Sent): Promise<Answer>;
  /** A POST with the source's key. */
  post(path: string, body: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
  connect(): Socket;
  close(): Promise<void>;
}

export async function gatewayServer(
  parts: Partial<GatewayParts> = {},
  options: ServerOptions = {},
): Promise<GatewayServer> {
  const access = await openAccessStore(":memory:", { now: () => receivedAt, randomBytes });
  const { writeKey } = await access.createSource({ id: "web", kind: "web" });
  let stored: BufferRecord[][] = [];
  let other: GatewayParts["append"] | null = null;
  const faults: unknown[] = [];
  const keep: GatewayParts["append"] = async (records) => {
    stored.push([...records]);
    return records.map((_, index) => position(0, index));
  };
  const gateway = createGateway({
    append: (records, source) => (other ?? keep)(records, source),
    access,
    hash,
    now: () => receivedAt,
    newMessageId: randomUUID,
    backlog: nothingPending,
    onFault: (error) => faults.push(error),
    ...parts,
  });
  const server = createServer({ ...gatewayServerOptions, ...options }, (incoming, response) => {
    if (gateway.handles(incoming)) gateway.handle(incoming, response);
    else response.writeHead(418).end("not the gateway's");
  });
  server.on("clientError", answerClientError);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const taken = (): ReturnType<GatewayServer["taken"]> => {
    const appended = stored;
    stored = [];
    const all = appended.flat();
    return {
      records: all.map(({ payload }) => decodeRecord(payload) as CallRecord),
      stored: all,
      appends: appended.length,
    };
  };
  const basic = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
  const send = (path: string, sent: Sent = {}): Promise<Answer> => exchange(port, path, sent);
  return {
    gateway,
    access,
    port,
    writeKey,
    taken,
    accepted: () => taken().records.filter((record) => record.status === "accepted"),
    rejected: () => taken().records.filter((record) => record.status === "rejected"),
    appendWith: (append) => {
      other = append;
    },
    faults,
    send,
    post: (path, body, headers = {}) => {
      const isRaw = typeof body === "string" || body instanceof Uint8Array;
      const raw = isRaw ? body : JSON.stringify(body);
      return send(path, { method: "POST", body: raw, headers: { authorization: basic, ...headers } });
    },
    connect: () => connect(port, "127.0.0.1"),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await access.close();
    },
  };
}

function exchange(port: number, path: string, { method = "GET", headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The `error` of an answer, checked to be of API.md's shape. */
export function errorOf({ status, headers, text }: Answer): { code: string; message: string; field?: string } {
  if (!(headers["content-type"] ?? "").startsWith("application/json")) throw new Error(`${status} is no JSON: ${text}`);
  const { error } = JSON.parse(text) as { error?: Record<string, unknown> };
  for (const name of ["code", "message", "requestId"]) {
    if (typeof error?.[name] !== "string" || error[name] === "") throw new Error(`no ${name} in ${text}`);
  }
  return error as { code: string; message: string; field?: string };
}

export const good = { anonymousId: "a-1", event: "Product Viewed", messageId: "good" };
