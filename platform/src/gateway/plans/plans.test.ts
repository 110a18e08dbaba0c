import { beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../model/event.ts";
import { plansInMemory } from "../../api/plans.fake.ts";
import type { TrackingPlans } from "../../storage/trackingPlans.ts";
import { gatewayServer } from "../server.fake.ts";
import { planService, type PlanService } from "./plans.ts";

const plan = (mode: string) => ({
  mode,
  unplannedEvents: "reject",
  events: { A: { additionalProperties: false, properties: { price: { type: "number" } } } },
});
const saying = { by: "t1", reason: "to see" };
const call = (properties: JsonObject): JsonObject => ({
  type: "track",
  event: "A",
  userId: "ada",
  messageId: "m1",
  properties,
});

let store: TrackingPlans;
let plans: PlanService;
beforeEach(async () => {
  store = plansInMemory(0);
  plans = await planService(store);
});

describe("plans at the gateway", () => {
  it("judge what comes from when they are published to when they are taken away", async () => {
    const server = await gatewayServer({ planOf: plans.planOf });
    try {
      const sent = call({ price: "1", more: 1 });
      await server.post("/v1/batch", { batch: [sent] });
      expect(server.taken().records[0]).not.toHaveProperty("plan");
      await plans.publish("web", plan("drop"), { basedOn: 0, ...saying });
      await server.post("/v1/batch", { batch: [sent, call({ price: 2 })] });
      const [dropped, fine] = server.taken().records;
      expect(dropped).toMatchObject({ body: { properties: {} }, plan: { version: 1 }, identifiers: ["user_id:ada"] });
      expect(fine).not.toHaveProperty("plan");
      await plans.publish("web", plan("reject"), { basedOn: 1, ...saying });
      const refused = await server.post("/v1/track", sent);
      expect(refused.status).toBe(400);
      expect(refused.text).toContain("plan_violation");
      expect(server.rejected()).toMatchObject([{ reason: { code: "plan_violation", field: expect.any(String) } }]);
      // Imports and replays go the same way.
      const [source] = await server.access.sources();
      if (source === undefined) throw new Error("no source");
      const tried = server.gateway.judge(source, [sent, { ...sent, event: "B" }], "import");
      expect(tried.map(({ code, index }) => [code, index])).toEqual([
        ["plan_violation", 0],
        ["plan_violation", 1],
      ]);
      expect(await server.gateway.submit(source, [sent])).toMatchObject({ accepted: 0 });
      await plans.remove("web", { basedOn: 2, by: "t1" });
      server.taken();
      expect((await server.post("/v1/track", sent)).status).toBe(200);
      expect(server.taken().records[0]).toMatchObject({ body: { properties: { price: "1", more: 1 } } });
    } finally {
      await server.close();
    }
  });

  it("hold after a restart, and of one source only", async () => {
    const published = await plans.publish("web", plan("reject"), { basedOn: 0, ...saying });
    const again = await planService({ ...store, holding: async () => [published] });
    expect(again.planOf("web")?.number).toBe(1);
    expect(again.planOf("web")).toBe(again.planOf("web"));
    expect(again.planOf("erp")).toBeNull();
    const broken = await planService({ ...store, holding: async () => [{ ...published, document: { nonsense: 1 } }] });
    expect(() => broken.planOf("web")).toThrow(expect.objectContaining({ code: "tracking_plan_unreadable" }));
  });

  it("that cannot be stored hold nowhere", async () => {
    const full: TrackingPlans = { ...store, publish: () => Promise.reject(new Error("disk full")) };
    const service = await planService(full);
    await expect(service.publish("web", plan("reject"), { basedOn: 0, ...saying })).rejects.toThrow("disk full");
    expect(service.planOf("web")).toBeNull();
  });

  it("are as large as they may be in reasonable time", async () => {
    const property = {
      type: "object",
      properties: { a: { type: "string", pattern: "^[a-z]+$" }, b: { enum: [1, 2, 3] } },
    };
    const events = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`Event ${at}`, property]));
    const begun = performance.now();
    await plans.publish("web", { events }, { basedOn: 0, ...saying });
    expect(performance.now() - begun).toBeLessThan(30_000);
  });
});
