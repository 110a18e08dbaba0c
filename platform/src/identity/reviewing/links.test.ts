import { describe, expect, it } from "vitest";
import { lastLinked, linkOf } from "../../model/correction.ts";
import { keyedHash } from "../../model/keyedHash.ts";
import { decodeRecord } from "../../model/logRecord.ts";
import type { StoredLink } from "../../storage/identityAndProfiles.ts";
import { linkService, maxWithdrawnLinks } from "./links.ts";

const saying = { by: "t1", reason: "the model was wrong" };

/** A log of so many links of one run, in memory. */
function linked(count: number) {
  const log: StoredLink[] = Array.from({ length: count }, (_, at) => {
    const said = { id: `l_${at}`, verdict: "probable" as const, by: "lr_1", reason: "model 1", confidence: 0.99 };
    return { ...said, a: `crm_id:a${at}`, b: `crm_id:b${at}`, receivedAt: at, position: at };
  });
  const asked = { largest: 0 };
  let made = 0;
  const service = linkService({
    links: {
      ofRun: async (run, { after, limit }) => {
        asked.largest = Math.max(asked.largest, limit);
        const own = log.filter(({ by, verdict, position }) => by === run && verdict === "probable" && position > after);
        return own.slice(0, limit);
      },
      byId: async (id) => log.find((link) => link.id === id) ?? null,
      of: async (keys) => {
        const ends = new Set(keys);
        return log.filter(({ a, b }) => ends.has(a) || ends.has(b));
      },
    },
    hash: keyedHash(Buffer.alloc(32, 1)),
    append: async (records) => {
      for (const { payload } of records) {
        const record = decodeRecord(payload);
        if (record.status !== "link") throw new Error("only links are said here");
        log.push({ ...linkOf(record), position: log.length });
      }
    },
    decided: async () => undefined,
    now: () => 10 ** 9,
    newId: () => `w${++made}`,
    fates: async (links) => links.map(() => ({ status: "in_effect", explanation: null })),
  });
  const standing = () => [...lastLinked(log).values()].filter(({ verdict }) => verdict === "probable").length;
  return { service, standing, asked, said: () => log.length };
}

describe("a linkage that is withdrawn", () => {
  it("takes a bounded step at each request, and goes on where it was until all is withdrawn", async () => {
    const count = 2 * maxWithdrawnLinks + 700;
    const { service, standing, asked, said } = linked(count);
    const steps: number[] = [];
    let after: number | null = null;
    do {
      const step: { withdrawn: number; next: number | null } = await service.withdrawRun("lr_1", { ...saying, after });
      steps.push(step.withdrawn);
      after = step.next;
    } while (after !== null);
    expect(steps).toEqual([maxWithdrawnLinks, maxWithdrawnLinks, 700]);
    expect(standing()).toBe(0);
    expect(asked.largest).toBeLessThanOrEqual(500);
    expect(said()).toBe(2 * count);
    expect(await service.withdrawRun("lr_1", { ...saying, after: null })).toMatchObject({ withdrawn: 0 });
  });

  it("of nothing, and of another run, withdraws nothing", async () => {
    const { service, standing } = linked(3);
    expect(await service.withdrawRun("lr_2", { ...saying, after: null })).toEqual({ withdrawn: 0, next: null });
    expect(standing()).toBe(3);
  });
});
