import fc from "fast-check";
import { expect, test } from "vitest";
import { Draft } from "./draft.ts";
import { inCollection, keyText, row, textOfKey } from "./place.ts";
import { sourcePlace } from "./stateRows.ts";

test.each([
  row<object>(""),
  inCollection("C", ""),
  row<object>("x".repeat(3_000)),
  inCollection("C", "x".repeat(1_100)),
])("a row that no table can hold is a Problem before anything is asked (%#)", async (place) => {
  const none = () => Promise.reject(new Error("nothing is asked"));
  const draft = new Draft({ range: none, texts: none });
  const refused = { status: 422, code: "decision_refused" };
  await expect(draft.fetch([place])).rejects.toMatchObject(refused);
  await expect(draft.open(place)).rejects.toMatchObject(refused);
  for (const change of [() => draft.put(place, {}), () => draft.remove(place)]) {
    expect(change).toThrow(expect.objectContaining(refused));
  }
});

test("any text, an empty one too, is a key of its own, and read again as it was", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom("", "=", "==", "=a")), fc.string(), (one, other) => {
      expect(textOfKey(keyText(one))).toBe(one);
      expect(keyText(one) === keyText(other)).toBe(one === other);
      expect(sourcePlace(one).sk).not.toBe("");
    }),
  );
});
