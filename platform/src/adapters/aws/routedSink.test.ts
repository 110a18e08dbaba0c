import { expect, it } from "vitest";
import type { EventSink } from "../../buffer/eventBuffer.ts";
import { sourceKinds } from "../../model/source.ts";
import { sourceSinks } from "./routedSink.ts";

const named = (name: string, closed: string[], close: () => Promise<void>): EventSink & { name: string } => ({
  name,
  append: async () => [],
  close: async () => {
    closed.push(name);
    await close();
  },
});

it("every kind of source has its way: systems to the queue, what may burst to the topic", async () => {
  const closed: string[] = [];
  const queue = named("queue", closed, () => Promise.reject(new Error("it does not close")));
  const topic = named("topic", closed, async () => {});
  const sinks = sourceSinks({ queue, topic });
  const ways = Object.fromEntries(sourceKinds.map((kind) => [kind, sinks.of(kind) === queue ? "queue" : "topic"]));
  expect(ways).toEqual({
    crm: "queue",
    erp: "queue",
    pos: "queue",
    iot: "queue",
    social: "topic",
    web: "topic",
    mobile: "topic",
  });
  await expect(sinks.close()).rejects.toThrow("it does not close");
  expect(closed.sort()).toEqual(["queue", "topic"]);
});
