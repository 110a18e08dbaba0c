import { beforeEach, describe, expect, it } from "vitest";
import { keyedHash } from "../../model/keyedHash.ts";
import { decodeRecord } from "../../model/logRecord.ts";
import { rulesVersionOf } from "../../model/rulesVersion.ts";
import { Problem } from "../../model/problem.ts";
import type { StoredRules } from "../../storage/identityAndProfiles.ts";
import { defaultIdentityRules } from "../retailRules.ts";
import type { IdentityRules } from "../rules.ts";
import { rulesHash } from "../rulesInForce.ts";
import type { RulesEffect } from "./effect.ts";
import type { DryRunAnswer } from "./previews.ts";
import { rulesService, type RulesService } from "./service.ts";

const wider: IdentityRules = { ...defaultIdentityRules, hubThreshold: 4 };
const effect: RulesEffect = {
  people: { before: 1, after: 1 },
  joins: 0,
  splits: 0,
  affected: 0,
  decisions: [],
  affectedIds: [],
  examples: [],
};
const saying = { by: "t1", reason: "families" };

/** A log that decides when it is told to, and dry runs that end when they are told to. */
let stored: StoredRules[];
let pending: StoredRules[];
let isSlow: boolean;
/** From the next record on. */
let becomesSlow: boolean;
let runs: {
  resolve: (answer: DryRunAnswer) => void;
  reject: (error: unknown) => void;
  tell: (share: number) => void;
}[];
let service: RulesService;
beforeEach(() => {
  [stored, pending, runs] = [[], [], []];
  [isSlow, becomesSlow] = [false, false];
  let made = 0;
  const decideAll = (): void => {
    stored.push(...pending.splice(0));
  };
  const newest = () => stored.toSorted((one, other) => other.number - one.number);
  service = rulesService({
    versions: {
      current: async () => newest()[0] ?? null,
      byNumber: async (number) => stored.find((each) => each.number === number) ?? null,
      latest: async ({ below, limit }) =>
        newest()
          .filter(({ number }) => below === null || number < below)
          .slice(0, limit),
    },
    rules: defaultIdentityRules,
    hash: keyedHash(Buffer.alloc(32, 7)),
    append: async (records) => {
      isSlow ||= becomesSlow;
      for (const { payload } of records) {
        const record = decodeRecord(payload);
        if (record.status === "rules") pending.push({ ...rulesVersionOf(record), position: stored.length });
      }
    },
    decided: async () => (isSlow ? new Promise<void>(() => undefined) : decideAll()),
    dryRun: {
      run: (_rules, tell, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
          runs.push({ resolve, reject, tell });
        }),
    },
    now: () => 1_000 + stored.length,
    newId: () => `r_${++made}`,
    sleep: async () => {
      if (isSlow || runs.length > 0) return;
      await new Promise<void>(() => undefined);
    },
  });
});

describe("publishing", () => {
  it("keeps who, when and why beside the document and its hash, and numbers versions", async () => {
    const { version, decided } = await service.publish({ document: wider, basedOn: 1 }, saying);
    expect(decided).toBe(true);
    expect(version).toMatchObject({ number: 2, ...saying, hash: rulesHash(wider), publishedAt: 1_000, inForce: true });
    await service.publish({ document: defaultIdentityRules, basedOn: 2 }, saying);
    const { current, items, next, applying } = await service.list({ below: null, limit: 2 });
    expect([current.number, applying, next]).toEqual([3, null, 2]);
    expect(items.map(({ number, inForce }) => [number, inForce])).toEqual([
      [3, true],
      [2, false],
    ]);
    const rest = await service.list({ below: 2, limit: 2 });
    expect(rest).toMatchObject({ items: [{ number: 1, by: null, publishedAt: null }], next: null });
    expect((await service.version(1)).document).toEqual(JSON.parse(JSON.stringify(defaultIdentityRules)));
    expect((await service.version(2)).inForce).toBe(false);
    await expect(service.version(4)).rejects.toMatchObject({ status: 404 });
  });

  it("of two that are based on one version takes the first", async () => {
    const both = [wider, { ...wider, hubThreshold: 5 }].map((document) =>
      service.publish({ document, basedOn: 1 }, saying),
    );
    const [first, second] = await Promise.allSettled(both);
    expect(first?.status).toBe("fulfilled");
    expect(second).toMatchObject({ reason: { status: 409, code: "rules_changed_meanwhile", field: "basedOn" } });
  });

  it("says so where it is durable and not decided yet, and takes no other one meanwhile", async () => {
    becomesSlow = true;
    const { version, decided } = await service.publish({ document: wider, basedOn: 1 }, saying);
    expect([version.number, version.inForce, decided, pending.length]).toEqual([2, false, false, 1]);
    expect(await service.list({ below: null, limit: 9 })).toMatchObject({
      current: { number: 1 },
      applying: { number: 2, since: 1_000 },
    });
    await expect(service.publish({ document: wider, basedOn: 1 }, saying)).rejects.toMatchObject({
      status: 503,
      code: "rules_undecided",
    });
    expect(pending).toHaveLength(1);
  });

  it.each<[object, string]>([
    [{ document: { ...wider, hubThreshold: 1 }, basedOn: 1 }, "invalid_identity_rules"],
    [{ document: defaultIdentityRules, basedOn: 1 }, "rules_unchanged"],
    [{ document: wider, basedOn: 2 }, "rules_changed_meanwhile"],
    [{ document: crowded(), basedOn: 1 }, "rules_too_large"],
  ])("refuses %j", async (wanted, code) => {
    const asked = service.publish(wanted as { document: unknown; basedOn: number }, saying);
    await expect(asked).rejects.toMatchObject({ code });
    expect([stored, pending]).toEqual([[], []]);
  });

  it("refuses a reason that is none", async () => {
    const asked = service.publish({ document: wider, basedOn: 1 }, { by: "t1", reason: " " });
    await expect(asked).rejects.toMatchObject({ code: "reason_invalid" });
  });
});

function crowded(): IdentityRules {
  const values = Array.from({ length: 500 }, (_, at) => `${at}`.padEnd(200, "x"));
  const own = { kind: "plain" as const, rank: 1, limit: 1, bridges: false, blocked: { values, patterns: [] } };
  return { ...wider, types: { ...wider.types, a: own, b: own, c: own } };
}

describe("a dry run", () => {
  it("is followed from its beginning to its end", async () => {
    const begun = await service.preview(wider);
    expect(begun).toMatchObject({
      status: "running",
      progress: 0,
      changes: [{ path: "hubThreshold", before: 3, after: 4 }],
    });
    runs[0]?.tell(0.5);
    expect(service.previewOf(begun.id).progress).toBe(0.5);
    await expect(service.preview(wider)).rejects.toMatchObject({ status: 503, code: "preview_busy" });
    runs[0]?.resolve({ effect, against: 1 });
    await settled();
    expect(service.previewOf(begun.id)).toMatchObject({ status: "done", progress: 1, effect, against: 1 });
  });

  it("is stopped, fails with its reason, or is told to have failed", async () => {
    const stopped = await begun();
    expect(await service.cancelPreview(stopped)).toMatchObject({ status: "cancelled", effect: null });
    const refused = await begun();
    runs[1]?.reject(new Problem(422, "rules_join_too_many", "Too many.", { hint: "Lower." }));
    await settled();
    expect(service.previewOf(refused).problem).toEqual({
      code: "rules_join_too_many",
      message: "Too many.",
      hint: "Lower.",
    });
    const broken = await begun();
    runs[2]?.reject(new Error("user_id:ada"));
    await settled();
    expect(JSON.stringify(service.previewOf(broken))).not.toContain("ada");
    expect(service.previewOf(broken)).toMatchObject({ status: "failed", problem: { code: "preview_failed" } });
    expect(() => service.previewOf("r_none")).toThrow(expect.objectContaining({ status: 404 }));
  });

  it("is kept among the last ten, and stopped with the platform", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 11; count++) {
      ids.push(await begun());
      if (count < 10) runs[count]?.resolve({ effect, against: 1 });
      await settled();
    }
    expect(() => service.previewOf(ids[0] ?? "")).toThrow(expect.objectContaining({ code: "preview_not_found" }));
    expect(service.previewOf(ids[1] ?? "").status).toBe("done");
    await service.close();
    expect(service.previewOf(ids[10] ?? "").status).toBe("cancelled");
  });

  async function begun(): Promise<string> {
    return (await service.preview(wider)).id;
  }
  async function settled(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});
