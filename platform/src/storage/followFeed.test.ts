import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeFollowed, orderOf, profileOf } from "../adapters/embedded/analytics/followedFakes.ts";
import { type FeedProgress, nextFeedStep, nothingFollowed } from "./followFeed.ts";

const limits = { entries: 3, copied: 2 };

/** A follower whose rows and progress live in memory: a step is applied whole, or not at all. */
class Follower {
  rows = new Map<string, string>();
  progress: FeedProgress = nothingFollowed;
  startedOver = 0;
  mostChanges = 0;
  readonly #decided;

  constructor(followed: FakeFollowed) {
    this.#decided = followed.decided();
  }

  step(outcome: "applied" | "lost" = "applied"): boolean {
    const step = nextFeedStep(this.#decided, this.progress, limits);
    if (step === null) return false;
    this.mostChanges = Math.max(this.mostChanges, step.changes.length);
    if (outcome === "lost") return true;
    if (step.startsOver) {
      this.rows.clear();
      this.startedOver += 1;
    }
    for (const { kind, id } of step.changes) {
      const row = kind === "profile" ? this.#decided.profiles([id]).get(id) : this.#decided.orders([id]).get(id);
      if (row === null || row === undefined) this.rows.delete(`${kind} ${id}`);
      else this.rows.set(`${kind} ${id}`, JSON.stringify(row));
    }
    this.progress = JSON.parse(JSON.stringify(step.progress)) as FeedProgress;
    return true;
  }

  catchUp(): void {
    for (let steps = 0; this.step(); steps++) if (steps > 1_000) throw new Error("it does not come to an end");
  }
}

/** A state, and beside it what a follower should hold in the end. */
class World {
  readonly followed = new FakeFollowed();
  readonly expected = new Map<string, string>();
  #revenue = 0;

  set(kind: "profile" | "order", id: string): void {
    this.#revenue += 1;
    const profile = { profile: profileOf(id, this.#revenue), fragments: [id], ties: [], parts: [] };
    const order = orderOf(id, "f", { grossMinor: this.#revenue });
    if (kind === "profile") this.followed.setProfile(id, profile);
    else this.followed.setOrder(id, order);
    this.expected.set(`${kind} ${id}`, JSON.stringify(kind === "profile" ? profile : order));
  }

  remove(kind: "profile" | "order", id: string): void {
    if (kind === "profile") this.followed.setProfile(id, null);
    else this.followed.setOrder(id, null);
    this.expected.delete(`${kind} ${id}`);
  }
}

const change = fc.record({ kind: fc.constantFrom("profile" as const, "order" as const), id: fc.nat(8).map(String) });
const action = fc.oneof(
  { weight: 6, arbitrary: change.map((of) => (world: World) => world.set(of.kind, of.id)) },
  { weight: 2, arbitrary: change.map((of) => (world: World) => world.remove(of.kind, of.id)) },
  { weight: 6, arbitrary: fc.constant((_: World, follower: Follower) => void follower.step()) },
  { weight: 2, arbitrary: fc.constant((_: World, follower: Follower) => void follower.step("lost")) },
  {
    weight: 1,
    arbitrary: fc.nat(9).map((kept) => (world: World) => world.followed.prune(world.followed.feedVersion() - kept)),
  },
  { weight: 1, arbitrary: fc.constant((world: World) => world.followed.makeAnew()) },
);

describe("following the feed", () => {
  test("ends at the decided state, whatever changes, is pruned, made anew or lost on the way", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const world = new World();
        const follower = new Follower(world.followed);
        for (const act of actions) act(world, follower);
        follower.catchUp();
        expect(follower.rows).toEqual(world.expected);
        expect(follower.mostChanges).toBeLessThanOrEqual(limits.entries);
      }),
      { numRuns: 1_000 },
    );
  });

  test("copies everything once, then follows; never again while its entries are kept", () => {
    const world = new World();
    for (let id = 0; id < 20; id++) world.set("profile", String(id));
    world.followed.prune(world.followed.feedVersion());
    const follower = new Follower(world.followed);
    for (let steps = 0; steps < 5; steps++) follower.step();
    expect(follower.progress.copied).not.toBeNull();
    // What changes meanwhile, before and behind the copy, and is kept from the version it began with.
    world.set("profile", "1");
    world.remove("profile", "2");
    world.set("profile", "19");
    world.followed.prune(follower.progress.version);
    follower.catchUp();
    expect(follower.rows).toEqual(world.expected);
    for (let id = 0; id < 50; id++) {
      world.set("order", String(id));
      if (id % 5 === 0) follower.catchUp();
      world.followed.prune(follower.progress.version);
    }
    follower.catchUp();
    expect(follower.rows).toEqual(world.expected);
    expect(follower.startedOver).toBe(1);
  });
});
