import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { SourceSinks } from "../../adapters/aws/routedSink.ts";
import type { Backlog } from "../../gateway/admission.ts";
import { answerJson, answerProblem } from "../../gateway/answers.ts";
import { answerClientError, createGateway, type Gateway, gatewayServerOptions } from "../../gateway/gateway.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import type { AccessStore } from "../../storage/access.ts";
import { connectionLimit, openFilesLimit } from "../connectionLimit.ts";

export interface GatewayServerParts {
  sinks: SourceSinks;
  access: AccessStore;
  hash: KeyedHash;
  /** 0: any that is free. */
  port: number;
  host: string;
  /** So long it takes what still comes, once it is told to stop: the load balancer hears of it late. */
  drainMs: number;
  /** Then requests under way may end within it, and are cut off. */
  maxEndMs?: number;
  /** UTC ms. */
  now: () => number;
  onFault: (error: unknown, requestId: string) => void;
}

export interface GatewayServer {
  url: string;
  /** For imports from this process. */
  submit: Gateway["submit"];
  /** Finishes what was asked, and closes what it was given. Again: the same stop. */
  close(): Promise<void>;
}

/** Less than what is left of ECS' longest `stopTimeout` after the longest draining. */
const defaultMaxEndMs = 8_000;

/**
 * What waits to be decided is not this process's to know: queue and stream hold days of it. What it has itself and is not
 * acknowledged is bounded by its sinks, which answer 503.
 */
const heldElsewhere: Backlog = { pending: () => 0, pendingOf: () => 0, sharers: () => 0, decidedPerSecond: () => 0 };

/** The tracking API before the queue and the topic, with what a load balancer asks; whatever else the platform has answers 501. */
export async function startGatewayServer(parts: GatewayServerParts): Promise<GatewayServer> {
  const { sinks, access, hash, now, onFault } = parts;
  let isStopping = false;
  const gateway = createGateway({
    append: (records, source) => sinks.of(source.kind).append(records),
    access,
    hash,
    now,
    newMessageId: randomUUID,
    backlog: heldElsewhere,
    onFault,
  });
  const server = createServer(gatewayServerOptions, (request, response) => {
    // Whoever keeps its connection would meet a closed one.
    if (isStopping) response.setHeader("connection", "close");
    if (gateway.handles(request)) gateway.handle(request, response);
    else answerOther(request, response, { isStopping, access, onFault });
  });
  server.on("clientError", answerClientError);
  server.maxConnections = connectionLimit(openFilesLimit());
  server.listen(parts.port, parts.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    isStopping = true;
    await sleep(parts.drainMs);
    await ended(server, parts.maxEndMs ?? defaultMaxEndMs);
    // What was asked and is not acknowledged yet.
    await sinks.close();
    await access.close();
  };
  return {
    url: `http://${parts.host}:${port}`,
    submit: (source, calls, as) => gateway.submit(source, calls, as),
    close: () => (closing ??= close()),
  };
}

interface Asked {
  isStopping: boolean;
  access: AccessStore;
  onFault: GatewayServerParts["onFault"];
}

function answerOther(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
  const refuse = (problem: Problem): void => answerProblem(request, response, problem, randomUUID());
  const path = (request.url ?? "").split("?", 1)[0];
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(notHere);
  if (path === "/healthz") return answerJson(request, response, { status: "ok" });
  if (path !== "/readyz") return refuse(notHere);
  if (asked.isStopping) return refuse(stopping);
  isReady(asked).then(
    (ready) => (ready ? answerJson(request, response, { status: "ready" }) : refuse(notReady)),
    () => refuse(notReady),
  );
}

/** Whether it can tell who sends: no source has this key, and to know that it asks the table. */
async function isReady({ access }: Asked): Promise<boolean> {
  return (await access.sourceOfWriteKey("-")) === null;
}

const notHere = new Problem(501, "not_on_aws", "The AWS edition takes events; it does not answer this yet.", {
  hint: "POST /v1/track, identify, page, screen, group, alias or batch; for all else run the embedded edition.",
});
const stopping = new Problem(503, "stopping", "This gateway is about to stop.", { retryAfterSeconds: 1 });
const notReady = new Problem(503, "not_ready", "The table of sources does not answer.", { retryAfterSeconds: 5 });

/** No more connections; requests under way end, or are cut off. */
async function ended(server: Server, mostMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), mostMs);
  await closed;
  clearTimeout(cut);
}
