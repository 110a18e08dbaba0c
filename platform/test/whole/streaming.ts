import { keepAliveAgent, postBody } from "./senders.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";
import { watch, type StreamMessage, type Watching } from "./watching.ts";

/** A platform of its own, what is sent to it, and who watches its stream. */
export interface Streaming {
  readonly site: Site;
  /** Watches; resolves once the history is there, or at once when it is refused. */
  open(options?: Parameters<typeof watch>[2], token?: string): Promise<Watching>;
  /** Throws when it is not accepted. */
  send(calls: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

export async function openStreaming(): Promise<Streaming> {
  const site = await openSite();
  const watching: Watching[] = [];
  const agent = keepAliveAgent();
  return {
    site,
    open: async (options = {}, token = apiToken) => {
      const one = await watch(site.url, token, options);
      watching.push(one);
      if (one.status === 200) await one.message("the history", ({ event }) => event === "history");
      return one;
    },
    send: async (calls) => {
      const answer = await postBody(`${site.url}/v1/batch`, JSON.stringify({ batch: calls }), writeKey, agent);
      if (answer?.status !== 200) throw new Error(`the events were not accepted: ${String(answer?.status)}`);
    },
    close: async () => {
      for (const one of watching) one.stop();
      agent.destroy();
      await site.close();
    },
  };
}

export function view(messageId: string, userId = "ada"): object {
  return { type: "track", messageId, userId, event: "Product Viewed", properties: { sku: "tea" } };
}

export const isOf =
  (messageId: string, status?: string) =>
  (message: StreamMessage): boolean =>
    message.event === "record" &&
    message.data.messageId === messageId &&
    (status === undefined || message.data.status === status);
