import { expect, it } from "vitest";
import type { Position } from "../../model/position.ts";
import { accepted, messagesInMemory, stored } from "../../../test/pipelineHarness.ts";
import { deduplicate } from "./deduplicate.ts";
import { validate } from "./validate.ts";

const count = 5_000;
const numbers = Array.from({ length: count }, (_, number) => number);
const event = (number: number, body: number) =>
  accepted({ messageId: `m${number}`, body: { type: "track", event: "E", properties: { body } } });

it("a batch of repetitions is compared with what was first, a bounded number of them in memory at a time", async () => {
  const firsts = numbers.map((number) => stored(event(number, 1), number));
  const messages = messagesInMemory();
  await messages.remember(firsts.map(({ message, position }) => ({ key: message, position })));
  let mostAsked = 0;
  const recordsAt = async (positions: readonly Position[]) => {
    mostAsked = Math.max(mostAsked, positions.length);
    return new Map(positions.map((position) => [position, firsts[position] as (typeof firsts)[number]]));
  };
  // In another order than they first came in, every seventh changed.
  const again = numbers.toReversed().map((number, at) => stored(event(number, number % 7 === 0 ? 2 : 1), count + at));
  const { events, seenAgain } = await deduplicate(validate(again), {
    messages,
    recordsAt,
    store: { refused: async () => new Set() },
  });
  expect(events).toEqual([]);
  expect(mostAsked).toBeLessThanOrEqual(100);
  const differing: Position[] = seenAgain.filter(({ differs }) => differs).map(({ first }) => first);
  expect(seenAgain.map(({ position }) => position)).toEqual(again.map(({ position }) => position));
  expect(differing.toSorted((a, b) => a - b)).toEqual(numbers.filter((number) => number % 7 === 0));
});
