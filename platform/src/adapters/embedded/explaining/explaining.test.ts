import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accepted, foldingHarness, homeCurrency, published, type Folding } from "../../../../test/pipelineHarness.ts";
import { defaultIdentityRules, reviewService } from "../../../identity/index.ts";
import { keyedHash, profileIdOf } from "../../../model/keyedHash.ts";
import { maxEvidenceRead } from "../../../storage/people.ts";
import { reviewIdOf, type Review, type Reviews, type ReviewSide } from "../../../storage/reviews.ts";
import { openStateFile } from "../state/schema.ts";
import { openExplaining } from "./client.ts";

const hashKey = Buffer.alloc(32, 7);
/** Of a new thread, on a machine that has other things to do. */
const maxStartMs = 60_000;
/** Of the thread that asks, while it waits. */
const minTurns = 5;

let folding: Folding;
let explaining: ReturnType<typeof openExplaining>;
beforeEach(async () => {
  folding = await foldingHarness();
  explaining = openExplaining({ stateFile: folding.file, hashKey, homeCurrency });
}, maxStartMs);
afterEach(async () => {
  await explaining.close();
  await folding.close();
});

const met = accepted({ messageId: "1", identifiers: ["user_id:ada", "email:ada@example.com"] });
const other = accepted({ messageId: "2", identifiers: ["user_id:ben"] });

describe("the thread that explains", () => {
  it("answers as the functions that it runs, Problems too", async () => {
    await folding.deliver([met, other]);
    const [a, b] = ["user_id:ada", "email:ada@example.com"];
    expect(await explaining.why(a, b)).toEqual(await folding.identity.why(a, b));
    const id = (await folding.profile("user_id", "ada"))?.id ?? "";
    expect(await explaining.of(id)).toEqual(await folding.identity.of(id));
    expect(await explaining.of("p_nobody")).toBeNull();
    const merge = { kind: "merge" as const, pair: { a, b: "user_id:ben" }, field: "merge" };
    expect((await explaining.look(merge)).effect.after).toHaveLength(1);
    expect(await explaining.list({ before: null, limit: 9, profileId: null, verdict: null, by: null })).toEqual({
      items: [],
      next: null,
    });
    await expect(explaining.why(a, "user_id:nobody")).rejects.toMatchObject({
      status: 404,
      code: "identifier_not_found",
      field: "b",
    });
    await expect(explaining.why("ada", b)).rejects.toMatchObject({ status: 400, code: "identifier_invalid" });
  });

  it("explains by the rules that hold, from the moment at which they do", async () => {
    await folding.deliver([met]);
    const [a, b] = ["user_id:ada", "email:ada@example.com"];
    expect((await explaining.why(a, b)).samePerson).toBe(true);
    const blocked = { values: ["ada@example.com"], patterns: [] };
    await folding.deliver([published({ ...defaultIdentityRules, blocked }, 2)]);
    const apart = await explaining.why(a, b);
    expect(apart).toEqual(await folding.identity.why(a, b));
    expect([apart.samePerson, apart.refused[0]?.reason?.code]).toEqual([false, "blocked"]);
    const merge = { kind: "merge" as const, pair: { a, b }, field: "merge" };
    await expect(explaining.look(merge)).rejects.toMatchObject({ status: 409 });
  });

  it("of ten thousand identifiers that hang together it answers without holding anybody up; of too many it says so", async () => {
    await folding.deliver([met]);
    hangTogether(folding.file, 10_000);
    // Were it done here, nothing else would have its turn meanwhile.
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const { samePerson, path } = await explaining.why("user_id:ada", "email:ada@example.com");
    clearInterval(timer);
    expect([samePerson, path.length]).toEqual([true, 1]);
    expect(turns).toBeGreaterThan(minTurns);
    hangTogether(folding.file, maxEvidenceRead);
    await expect(explaining.why("user_id:ada", "email:ada@example.com")).rejects.toMatchObject({
      status: 422,
      code: "evidence_too_large",
    });
  });

  it("lists pairs of large people without holding anybody up, and gives others their turn in between", async () => {
    await folding.deliver([met]);
    hangTogether(folding.file, 400);
    const side = (n: number) => ({ profileId: crowdId(n), anchor: `user_id:crowd${n}` });
    const waiting = Array.from({ length: 30 }, (_, n) => pairOfSides(side(2 * n), side(2 * n + 1)));
    const summary = { open: 30, skipped: 0, bands: [], own: [] };
    const reviews: Pick<Reviews, "waiting" | "drop" | "summary"> = {
      waiting: async () => ({ items: waiting, next: null }),
      drop: async () => undefined,
      summary: async () => summary,
    };
    const { list } = reviewService({
      // The list asks no more of it.
      reviews: reviews as Reviews,
      pairs: explaining,
      corrections: folding.corrections,
      now: () => 0,
    });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const order: string[] = [];
    const listed = list({ after: null, limit: 50, by: "t1" }).then((page) => (order.push("list"), page));
    const asked = explaining.of("p_nobody").then(() => order.push("another"));
    const [page] = await Promise.all([listed, asked]);
    clearInterval(timer);
    expect(page.items).toHaveLength(30);
    expect(page.items[0]?.names).toEqual([expect.any(String), expect.any(String)]);
    expect(order).toEqual(["another", "list"]);
    expect(turns).toBeGreaterThan(minTurns);
  });

  it("tells of a state that cannot be read, and answers once it can", async () => {
    const missing = openExplaining({ stateFile: join(folding.file, "none"), hashKey, homeCurrency });
    await expect(missing.of("p_nobody")).rejects.toMatchObject({ status: 500, code: "explaining_failed" });
    await missing.close();
    const stateFile = `${folding.file}.moved`;
    const late = openExplaining({ stateFile, hashKey, homeCurrency });
    await expect(late.of("p_nobody")).rejects.toMatchObject({ status: 500 });
    symlinkSync(folding.file, stateFile);
    expect(await late.of("p_nobody")).toBeNull();
    await late.close();
    await expect(late.of("p_nobody")).rejects.toMatchObject({ status: 503, code: "explaining_busy" });
  });

  it("leaves no thread behind that nobody asked for", async () => {
    const unasked = openExplaining({ stateFile: folding.file, hashKey, homeCurrency });
    await unasked.close();
    await expect(unasked.of("p_nobody")).rejects.toMatchObject({ status: 503, code: "explaining_busy" });
  });

  it("turns away whom it cannot serve soon", async () => {
    await folding.deliver([met]);
    hangTogether(folding.file, 500);
    const asked = Array.from({ length: 40 }, () => explaining.why("user_id:ada", "email:ada@example.com"));
    const answers = await Promise.allSettled(asked);
    const refused = answers.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { status: 503, code: "explaining_busy" } });
    expect(answers.some(({ status }) => status === "fulfilled")).toBe(true);
  });
});

function crowdId(n: number): string {
  return profileIdOf(keyedHash(hashKey), `user_id:crowd${n}`);
}

function pairOfSides(a: ReviewSide, b: ReviewSide): Review {
  const score = { probability: 0.9, weight: 3, priorWeight: -4, steps: [], model: 0 };
  const waits = { origin: "live", state: "open", offeredAt: 0, answer: null } as const;
  return { id: reviewIdOf(a.profileId, b.profileId), a, b, ...score, ...waits };
}

/** So many people more in the component of the first, each with a fragment that names them and the next: as a load test leaves it. */
function hangTogether(file: string, count: number): void {
  const database = openStateFile(file);
  try {
    const { component } = database.prepare("SELECT component FROM persons LIMIT 1").get() as { component: number };
    const person = database.prepare("INSERT OR IGNORE INTO persons VALUES (?, ?, ?)");
    const identifier = database.prepare(
      "INSERT OR IGNORE INTO identifiers (id, key, person, decision, seen_with, first_at) VALUES (?, ?, ?, 'ordinary', '', 1)",
    );
    const fragment = database.prepare(
      "INSERT OR IGNORE INTO fragments (id, person, identifiers, spans) VALUES (?, ?, ?, ?)",
    );
    database.exec("BEGIN");
    for (let n = 0; n < count; n++) {
      const number = 1_000 + n;
      person.run(number, component, crowdId(n));
      identifier.run(crowdId(n), `user_id:crowd${n}`, number);
      const keys = [`user_id:crowd${n}`, `user_id:crowd${n + 1}`].sort().join("\n");
      fragment.run(`crowd${n}`.padEnd(16, "_"), number, keys, JSON.stringify([["web", 1, 1, `m${n}`, 1]]));
    }
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}
