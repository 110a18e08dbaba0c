import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { until } from "./polling.ts";

export interface StreamMessage {
  event: string;
  id: string | null;
  /** Parsed JSON, typed loosely on purpose: tests ask it for anything. */
  data: ReturnType<typeof JSON.parse>;
  /** When it came, UTC ms. */
  at: number;
}

/** A client of `GET /api/stream`, as a browser's would be. */
export interface Watching {
  status: number;
  /** All that came; parts that ended with the connection are left out. */
  readonly messages: readonly StreamMessage[];
  records(status?: string): StreamMessage[];
  lastId(): string | null;
  hasEnded(): boolean;
  /** The first message that fits; waits for it. */
  message(what: string, fits: (message: StreamMessage) => boolean, maxMs?: number): Promise<StreamMessage>;
  /** Takes nothing from the network any more. */
  pause(): void;
  stop(): void;
}

export async function watch(
  url: string,
  token: string,
  { query = "", lastEventId = null }: { query?: string; lastEventId?: string | null } = {},
): Promise<Watching> {
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  const asking = request(`${url}/api/stream${query}`, {
    headers: lastEventId === null ? headers : { ...headers, "last-event-id": lastEventId },
    agent: false,
  });
  asking.end();
  const response = await answerOf(asking);
  const messages: StreamMessage[] = [];
  let rest = "";
  let isOver = false;
  let id: string | null = null;
  response.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const message = messageOf(part);
      if (message === null) continue;
      id = message.id ?? id;
      messages.push(message);
    }
  });
  response.on("close", () => (isOver = true)).on("error", () => (isOver = true));
  return {
    status: response.statusCode ?? 0,
    messages,
    records: (status) =>
      messages.filter(({ event, data }) => event === "record" && (status === undefined || data.status === status)),
    lastId: () => id,
    hasEnded: () => isOver,
    message: (what, fits, maxMs = 30_000) => until(what, maxMs, () => messages.find(fits) ?? null),
    pause: () => response.pause(),
    stop: () => asking.destroy(),
  };
}

function answerOf(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.on("response", resolve).on("error", reject);
  });
}

function messageOf(part: string): StreamMessage | null {
  const fields = new Map<string, string>();
  for (const line of part.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
  }
  const data = fields.get("data");
  if (data === undefined) return null;
  return {
    event: fields.get("event") ?? "message",
    id: fields.get("id") ?? null,
    data: JSON.parse(data),
    at: Date.now(),
  };
}
