import { describe, expect, it } from "vitest";
import { untilTaken } from "./untilTaken.ts";

const refused = { why: "Throttled", isFinal: false };
const random = (): number => 1;

describe("what a service refused", () => {
  it("is sent again, alone, until it is taken", async () => {
    const sent: string[][] = [];
    const send = async (items: readonly string[]) => {
      sent.push([...items]);
      return items.map((item) => (item === "b" && sent.length < 3 ? refused : null));
    };
    const told = await untilTaken(["a", "b"], send, { sleep: async () => {}, random }, new AbortController().signal);
    expect(told).toEqual([null, null]);
    expect(sent).toEqual([["a", "b"], ["b"], ["b"]]);
  });

  it("is not sent again once the time is over, before or after a wait", async () => {
    for (const endsIn of ["send", "sleep"]) {
      const time = new AbortController();
      let sends = 0;
      const send = async () => {
        sends += 1;
        if (endsIn === "send") time.abort();
        return [refused];
      };
      const sleep = async (): Promise<void> => time.abort();
      expect(await untilTaken(["a"], send, { sleep, random }, time.signal)).toEqual(["Throttled"]);
      expect(sends).toBe(1);
    }
  });

  it("has no other round where the request as a whole was tried to its end", async () => {
    let sends = 0;
    const send = () => {
      sends += 1;
      return Promise.reject(Object.assign(new Error("gone"), { name: "ServiceUnavailable" }));
    };
    const told = await untilTaken(["a"], send, { sleep: async () => {}, random }, new AbortController().signal);
    expect(told).toEqual(["ServiceUnavailable"]);
    expect(sends).toBe(1);
  });
});
