import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SseMessage, sseParser } from "./sse.ts";

const line = fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\r\n\0]/g, ""));
const message = fc.record({
  event: line.filter((text) => text.trim() !== ""),
  data: fc.array(line, { minLength: 1, maxLength: 3 }),
  id: line,
});

describe("reading server-sent events", () => {
  it("gives what was sent, wherever the network cuts it and however lines end", () => {
    const ending = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        ending,
        fc.array(fc.nat(400), { maxLength: 12 }),
        (messages, end, cuts) => {
          const text = messages
            .map(({ event, data, id }) =>
              [`: heartbeat`, `id: ${id}`, `event: ${event}`, ...data.map((each) => `data: ${each}`), "", ""].join(end),
            )
            .join("");
          // A lone CR at the very end waits for more, which a heartbeat brings.
          const whole = `${text}: end${end}: end`;
          const parser = sseParser();
          const got: SseMessage[] = [];
          let from = 0;
          for (const cut of [...cuts].sort((a, b) => a - b)) {
            got.push(...parser.push(whole.slice(from, Math.max(from, cut))));
            from = Math.max(from, cut);
          }
          got.push(...parser.push(whole.slice(from)));
          expect(got).toEqual(messages.map(({ event, data, id }) => ({ event, data: data.join("\n"), id })));
        },
      ),
    );
  });

  it("keeps the last id for messages that bring none, and the wait that the server asks for", () => {
    const parser = sseParser();
    expect(parser.push("retry: 1500\nid: 7\ndata: a\n\ndata: b\n\n")).toEqual([
      { event: "message", data: "a", id: "7" },
      { event: "message", data: "b", id: "7" },
    ]);
    expect(parser.retryMs()).toBe(1_500);
  });
});
