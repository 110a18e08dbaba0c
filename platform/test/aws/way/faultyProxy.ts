import { once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";

/** What becomes of one request: `refused`: nothing is done, 503; `lost`: it is done, its answer never comes; null: nothing special. */
export type ProxyFault = "refused" | "throttled" | "lost" | null;

export interface FaultyProxy {
  url: string;
  /** Asked at each request, with its operation as the service calls it. */
  plan: (operation: string) => ProxyFault;
  /** Told when a request was done and its answer is about to go out. */
  done: (operation: string) => void;
  close(): Promise<void>;
}

/** Stands between a function and a service, and fails by a plan. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const server = createServer((request, response) => {
    void pass(proxy, target, request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${port}`,
    plan: () => null,
    done: () => {},
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

async function pass(
  proxy: FaultyProxy,
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const operation = operationOf(request);
  const body = await bytesOf(request);
  const fault = proxy.plan(operation);
  if (fault === "refused" || fault === "throttled") {
    const type = fault === "throttled" ? "ProvisionedThroughputExceededException" : "ServiceUnavailable";
    const status = fault === "throttled" && operation !== "PutObject" ? 400 : 503;
    const isJson = request.headers["x-amz-target"] !== undefined;
    response.writeHead(status, { "content-type": isJson ? "application/x-amz-json-1.1" : "application/xml" });
    response.end(isJson ? JSON.stringify({ __type: type, message: type }) : `<Error><Code>SlowDown</Code></Error>`);
    return;
  }
  const answer = await forward(target, request, body);
  proxy.done(operation);
  if (fault === "lost") {
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

function operationOf({ headers, method, url }: IncomingMessage): string {
  const target = headers["x-amz-target"];
  if (typeof target === "string") return target.split(".").at(-1) ?? "";
  return /[?&]x-id=(\w+)/.exec(url ?? "")?.[1] ?? method ?? "";
}

async function forward(target: string, request: IncomingMessage, body: Buffer) {
  const { method = "GET", headers, url = "/" } = request;
  const sent = httpRequest(new URL(url, target), { method, headers });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await bytesOf(answer) };
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
