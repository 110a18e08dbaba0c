import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, JsonObject } from "../model/event.ts";
import { day, fragmentsFrom, identify, march, profileFrom, shuffledHistories } from "./events.fake.ts";
import { traitHistory } from "./traitValues.ts";

/** As a timeline holds it. */
function timelineOf(events: readonly AcceptedEvent[]) {
  return events
    .filter(({ type, identifiers }) => type === "identify" && identifiers.length > 0)
    .map(({ source, messageId, occurredAt, body }) => ({
      source,
      messageId,
      occurredAt,
      properties: (body["traits"] ?? {}) as JsonObject,
      context: (body["context"] ?? {}) as JsonObject,
    }));
}

const fragmentsOf = (events: readonly AcceptedEvent[]) =>
  [...fragmentsFrom(events).values()].filter(({ identifiers }) => identifiers.length > 0);

describe("what each source says of a trait", () => {
  it("has the profile's own value first, whatever was sent and in whatever order", () => {
    fc.assert(
      fc.property(
        shuffledHistories.filter(([events]) => fragmentsOf(events).length > 0),
        fc.boolean(),
        ([events, shuffled], isCut) => {
          const calls = timelineOf(shuffled);
          const history = traitHistory(fragmentsOf(shuffled), isCut ? calls.slice(calls.length / 2) : calls);
          const shown = history.filter(({ values }) => values[0]?.value !== null);
          expect(Object.fromEntries(shown.map(({ name, values }) => [name, values[0]]))).toEqual(
            profileFrom(events).traits,
          );
          for (const { values } of history) {
            expect(new Set(values.map(({ source }) => source)).size).toBe(values.length);
          }
        },
      ),
    );
  });

  it("keeps a source's value that another one under the same identifiers has overwritten", () => {
    const events = [
      identify({ city: "Porto" }, { source: "crm", messageId: "a", occurredAt: march }),
      identify({ city: "Lisboa" }, { source: "web", messageId: "b", occurredAt: march + day }),
      identify({ city: "Braga" }, { source: "web", messageId: "c", occurredAt: march + 2 * day }),
    ];
    const [city] = traitHistory(fragmentsOf(events), timelineOf(events));
    expect(city?.values.map(({ value, source }) => [source, value])).toEqual([
      ["web", "Braga"],
      ["crm", "Porto"],
    ]);
  });

  it("tells a removed value as null, and what it hides", () => {
    const events = [
      identify({ city: "Porto" }, { source: "crm", occurredAt: march }),
      identify({ city: null }, { source: "web", occurredAt: march + day }),
    ];
    const [city] = traitHistory(fragmentsOf(events), timelineOf(events));
    expect(city?.values.map(({ value }) => value)).toEqual([null, "Porto"]);
  });
});
