import { describe, expect, it } from "vitest";
import { countedHealth, type SourceWithHealth, stateOf } from "./sourceHealth.ts";

const asOf = "2026-11-24T12:00:00.000Z";
const now = Date.parse(asOf);
const source = (lastEventAt: string | null, enabled = true): SourceWithHealth => ({
  id: "web",
  name: "Web",
  kind: "web",
  enabled,
  maxEventsPerSecond: null,
  createdAt: asOf,
  health: {
    asOf,
    lastEventAt,
    last5Minutes: { accepted: 0, rejected: null },
    last24Hours: { accepted: 0, rejected: null },
  },
});

describe("the state of a source", () => {
  it("says whether events come, last came, never came, or may not come", () => {
    expect(stateOf(source("2026-11-24T11:56:00.000Z"), now)).toBe("receiving");
    expect(stateOf(source("2026-11-24T11:54:59.000Z"), now)).toBe("quiet");
    expect(stateOf(source(null), now)).toBe("none");
    expect(stateOf(source("2026-11-24T11:59:59.000Z", false), now)).toBe("disabled");
  });

  it("is counted from the events of that source alone", () => {
    const rows = [
      ["crm", "2026-11-24T09:00:00.000Z", 0, 7],
      ["web", "2026-11-24T11:59:00.500Z", 3, 41],
    ];
    expect(countedHealth("web", { rows, asOf })).toEqual({
      asOf,
      lastEventAt: "2026-11-24T11:59:00.500Z",
      last5Minutes: { accepted: 3, rejected: null },
      last24Hours: { accepted: 41, rejected: null },
    });
    expect(countedHealth("till", { rows, asOf }).lastEventAt).toBeNull();
  });
});
