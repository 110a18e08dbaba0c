import { describe, expect, it } from "vitest";
import { newestRecord } from "./sourceRecords.ts";

const message = (event: string, data: unknown) => ({
  event,
  data: typeof data === "string" ? data : JSON.stringify(data),
  id: null,
});

describe("what a source sent last", () => {
  it("is the newest record, with the reason where it was refused", () => {
    const viewed = message("record", { status: "accepted", type: "track", event: "Product Viewed" });
    const refused = message("record", { status: "rejected", type: "page", event: null, reason: "userId is missing" });
    expect(newestRecord([viewed, refused, message("rates", { accepted: 2 })])).toEqual({
      status: "rejected",
      what: "page",
      reason: "userId is missing",
    });
    expect(newestRecord([refused, viewed])).toEqual({ status: "accepted", what: "Product Viewed", reason: null });
  });

  it("is nothing where no record can be read", () => {
    expect(newestRecord([])).toBeNull();
    for (const data of ["{", "null", "[]", "{}"]) expect(newestRecord([message("record", data)])).toBeNull();
  });
});
