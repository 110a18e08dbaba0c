import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiToken, openSite, writeKey, type Site } from "./server.ts";
import { until } from "./polling.ts";

/** Stands in everything that is somebody's: it may be in nothing that is exported. */
const mark = "zzmarkedzz";
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
}
interface SentMetric {
  name: string;
  unit: string;
  sum?: { dataPoints: { asDouble: number }[] };
}

let site: Site;
const servers: Server[] = [];
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await site.close();
});

async function collector(answer: RequestListener): Promise<Record<string, string>> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "200",
  };
}

function track(headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${site.url}/v1/track?token=${mark}`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ userId: mark, event: `Viewed ${mark}`, properties: { email: `${mark}@example.com` } }),
  });
}

it("an event's way is one trace of its caller, metrics are those of Prometheus, and nobody is in any of it", async () => {
  const bodies: string[] = [];
  const spans: SentSpan[] = [];
  const metrics: SentMetric[] = [];
  const env = await collector((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      bodies.push(body);
      const sent = JSON.parse(body) as {
        resourceSpans?: { scopeSpans: { spans: SentSpan[] }[] }[];
        resourceMetrics?: { scopeMetrics: { metrics: SentMetric[] }[] }[];
      };
      for (const { scopeSpans } of sent.resourceSpans ?? []) spans.push(...scopeSpans.flatMap((each) => each.spans));
      for (const { scopeMetrics } of sent.resourceMetrics ?? []) {
        metrics.push(...scopeMetrics.flatMap((each) => each.metrics));
      }
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  const served = await site.start({ env });
  const caller = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: `x=${mark}`, "user-agent": mark };
  expect((await track(caller)).status).toBe(200);
  const api = { authorization: `Bearer ${apiToken}`, "content-type": "application/json" };
  const found = await fetch(`${site.url}/api/profiles/user_id/${mark}`, { headers: api });
  await found.arrayBuffer();
  const body = JSON.stringify({ sql: `SELECT '${mark}' AS who` });
  const query = await fetch(`${site.url}/api/query`, { method: "POST", headers: api, body });
  await query.arrayBuffer();
  const named = (name: string) => spans.find((span) => span.name === name && span.traceId === traceId);
  await until("the whole way", 60_000, async () => named("follow search") !== undefined);
  await served.stop();

  expect(named("POST /v1/track")?.parentSpanId).toBe("00f067aa0ba902b7");
  expect(named("log append")?.parentSpanId).toBe(named("POST /v1/track")?.spanId);
  expect(named("log commit")?.parentSpanId).toBe(named("log append")?.spanId);
  expect(named("ingestion batch")?.parentSpanId).toBe(named("log append")?.spanId);
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(["POST /api/query", "sql query"]));
  const accepted = metrics.findLast(({ name }) => name === "c360.accepted.records");
  expect(accepted?.unit).toBe("{record}");
  expect(accepted?.sum?.dataPoints[0]?.asDouble).toBe(1);
  expect(bodies.join("")).not.toContain(mark);
});

it("a collector that refuses costs spans, which is told, and no event; once it takes them they come again", async () => {
  const bodies: Buffer[] = [];
  let isTaking = false;
  const env = await collector((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (isTaking) bodies.push(Buffer.concat(parts));
      response.writeHead(isTaking ? 200 : 400).end(mark);
    });
  });
  const served = await site.start({
    env: {
      ...env,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      // Nobody listens there.
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1:9/v1/metrics",
      OTEL_METRIC_EXPORT_INTERVAL: "300",
      OTEL_METRIC_EXPORT_TIMEOUT: "300",
      OTEL_BSP_MAX_QUEUE_SIZE: "32",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "16",
    },
  });
  for (let n = 0; n < 100; n += 1) expect((await track()).status).toBe(200);
  await until("the refusal is told", 60_000, async () => served.stderr().includes("the collector answers 400"));
  await until("and that nobody is there", 60_000, async () => served.stderr().includes("ECONNREFUSED"));
  isTaking = true;
  await until("spans come again", 60_000, async () => {
    expect((await track()).status).toBe(200);
    return bodies.some((body) => body.includes("log commit"));
  });
  expect((await served.stop()).code).toBe(0);
  expect(served.stderr()).not.toContain(mark);
  expect(Buffer.concat(bodies).includes(mark)).toBe(false);
});

/** So much that some of it is not decided when it is acknowledged. */
async function flood(): Promise<void> {
  const event = { type: "track", userId: mark, event: "Product Viewed" };
  const body = JSON.stringify({ batch: Array.from({ length: 500 }, () => event) });
  const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" };
  const send = () => fetch(`${site.url}/v1/batch`, { method: "POST", headers, body });
  for (const { status } of await Promise.all(Array.from({ length: 20 }, send))) expect(status).toBe(200);
}

it("a collector that never answers delays neither events nor the stop, in the middle of a load either", async () => {
  const served = await site.start({ env: await collector(() => undefined) });
  await flood();
  const began = performance.now();
  const { code } = await served.stop();
  expect(code).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
});
