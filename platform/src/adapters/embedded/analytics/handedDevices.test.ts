import { expect, onTestFinished, test } from "vitest";
import { openAnalytics } from "./core.ts";
import { eventOf, FakeFollowed, fragmentNamed, profileOf, temporaryDirectory } from "./followedFakes.ts";

const a = fragmentNamed("a");

test("an event of a device that changes hands while it is read is one person's", async () => {
  const followed = new FakeFollowed();
  for (const at of [25, 75, 150]) followed.append(a, eventOf({ messageId: `e${at}`, occurredAt: at }));
  const has = (id: string, from: number | null, until: number | null) =>
    followed.setProfile(id, {
      profile: profileOf(id, 0),
      fragments: [],
      parts: [{ fragment: a, spans: [{ from, until }] }],
    });
  followed.setProfile("p_device", { profile: profileOf("p_device", 0), fragments: [a] });
  // Read before the other one had it from 50 on.
  has("p_early", null, 100);
  for (let n = 0; n < 300; n++) followed.setProfile(`p_${n}`, { profile: profileOf(`p_${n}`, 0), fragments: [] });
  has("p_late", 50, null);
  const made = temporaryDirectory();
  const core = await openAnalytics({
    homeCurrency: "GBP",
    directory: made.path,
    log: followed.reader(),
    decided: followed.decided(),
    now: () => Date.UTC(2026, 0, 20),
  });
  onTestFinished(made.remove);
  onTestFinished(() => core.close());
  await core.caughtUp();
  const owners = async () =>
    (await core.query("SELECT message_id, profile_id FROM events ORDER BY message_id", 10)).rows;
  expect((await owners()).map(([id, owner]) => [id, owner])).toContainEqual(["e75", "p_late"]);
  expect(await owners()).toHaveLength(3);
  has("p_early", null, 50);
  await core.caughtUp();
  expect(await owners()).toEqual([
    ["e150", "p_late"],
    ["e25", "p_early"],
    ["e75", "p_late"],
  ]);
});
