import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../model/event.ts";
import type { TrackingPlans } from "./trackingPlans.ts";

/** What the suite needs of an adapter: plans over storage that outlives them, with the sources `web` and `erp`. */
export interface TrackingPlansHarness {
  /** Opens over the same storage as before; what was opened before is closed by then. */
  open(): Promise<TrackingPlans>;
  close(): Promise<void>;
  dispose(): Promise<void>;
}

/** The promises of `TrackingPlans`, which every adapter keeps. */
export function trackingPlansContract(name: string, create: () => Promise<TrackingPlansHarness>): void {
  describe(`TrackingPlans contract: ${name}`, () => {
    let harness: TrackingPlansHarness;
    let plans: TrackingPlans;
    beforeEach(async () => {
      harness = await create();
      plans = await harness.open();
    });
    afterEach(async () => {
      await harness.close();
      await harness.dispose();
    });
    const publish = (source: string, basedOn: number, document: JsonObject | null = { mode: "observe" }) =>
      plans.publish({ source, document, basedOn, by: "t1", reason: document === null ? null : "to see" });

    test("keeps every version, and tells the newest of each source", async () => {
      expect(await plans.current("web")).toBeNull();
      expect(await plans.holding()).toEqual([]);
      const document = JSON.parse('{"events": {"Größe 🫖": {"constructor": 1}}}') as JsonObject;
      const first = await publish("web", 0, document);
      expect(first).toMatchObject({ source: "web", number: 1, document, by: "t1", reason: "to see" });
      const erp = await publish("erp", 0);
      const second = await publish("web", 1, null);
      expect(second).toMatchObject({ number: 2, document: null, reason: null });
      await harness.close();
      plans = await harness.open();
      expect(await plans.holding()).toEqual([erp, second]);
      expect(await plans.current("web")).toEqual(second);
      expect(await plans.version("web", 1)).toEqual(first);
      expect(await plans.version("web", 3)).toBeNull();
      expect(await plans.latest("web", { below: null, limit: 9 })).toEqual([second, first]);
      expect(await plans.latest("web", { below: 2, limit: 9 })).toEqual([first]);
      expect(await plans.latest("web", { below: null, limit: 1 })).toEqual([second]);
    });

    test("publishes on what holds, and for sources that there are", async () => {
      await publish("web", 0);
      for (const basedOn of [0, 2]) {
        await expect(publish("web", basedOn)).rejects.toMatchObject({
          status: 409,
          code: "tracking_plan_changed_meanwhile",
          field: "basedOn",
        });
      }
      await expect(publish("none", 0)).rejects.toMatchObject({ status: 404, code: "source_not_found" });
      const both = await Promise.allSettled([publish("web", 1), publish("web", 1)]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      expect(await plans.latest("web", { below: null, limit: 9 })).toHaveLength(2);
    });
  });
}
