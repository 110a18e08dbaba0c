import { describe, expect, it } from "vitest";
import { customerAddress, readCustomerView } from "./customerView.ts";
import { burstText, detailOf, flatFields, moneyOf, titleOf } from "./eventText.ts";
import { currenciesOf, spendIn } from "./spend.ts";
import type { TimelineEvent } from "./timelineRows.ts";
import { traitLabel, traitText } from "./traitText.ts";
import { displayNameOf, isAnonymous } from "./who.ts";

function track(event: string, properties: Record<string, unknown> = {}): TimelineEvent {
  const at = "2026-03-01T10:00:00.000Z";
  const source = { source: "web", sourceKind: "web" };
  const rest = { occurredAt: at, receivedAt: at, identifier: null, context: {} };
  return { messageId: "m", ...source, type: "track", event, ...rest, properties };
}

describe("an event in words", () => {
  it("says what, about what, and how much", () => {
    const order = track("Order Completed", {
      order_id: "7",
      total: "310.5",
      currency: "eur",
      products: [{ name: "Tea" }, { sku: "cup-1" }],
    });
    expect([titleOf(order), detailOf(order)]).toEqual(["Order Completed", "order 7 · Tea, cup-1"]);
    expect(moneyOf(order)).toEqual({ amount: 31_050, currency: "EUR" });
    expect(moneyOf(track("Order Completed", { total: 900, currency: "JPY" }))).toEqual({
      amount: 900,
      currency: "JPY",
    });
    expect(moneyOf(track("Order Completed", { total: 5 }))).toBeNull();
    expect(moneyOf(track("Product Viewed", { value: 5, currency: "EUR" }))).toBeNull();
    expect(titleOf({ type: "page", event: "Home" })).toBe("Page: Home");
    expect(detailOf({ type: "identify", properties: { email: "x", city: "y" } })).toBe("email, city");
  });

  it("names a burst by what it was mostly", () => {
    const viewed = (name: string) => track("Product Viewed", { name });
    expect(burstText([viewed("Rug"), viewed("Lamp")])).toEqual({ title: "Product Viewed × 2", detail: "Rug, Lamp" });
    expect(burstText([viewed("Rug"), viewed("Rug"), track("Cart Viewed")])).toEqual({
      title: "Product Viewed × 2",
      detail: "Cart Viewed",
    });
  });

  it("flattens what is nested", () => {
    expect(flatFields({ a: { b: [1, { c: null }] }, d: {}, e: "x" })).toEqual([
      ["a.b[0]", "1"],
      ["a.b[1].c", "null"],
      ["d", "{}"],
      ["e", "x"],
    ]);
  });
});

describe("spend", () => {
  const row = (month: string, channel: string, net: number, currency = "GBP") => ({
    month,
    channel,
    net,
    currency,
    orders: 1,
  });

  it("has every month between the first and the last, and never adds currencies", () => {
    const rows = [row("2025-11", "store", 100), row("2026-02", "web", 900), row("2026-02", "web", 5, "JPY")];
    expect(currenciesOf(rows)).toEqual(["GBP", "JPY"]);
    expect(spendIn(rows, "GBP")).toEqual({
      currency: "GBP",
      months: ["2025-11", "2025-12", "2026-01", "2026-02"],
      channels: [
        { channel: "web", net: [0, 0, 0, 900] },
        { channel: "store", net: [100, 0, 0, 0] },
      ],
    });
    expect(spendIn(rows, "JPY").months).toEqual(["2026-01", "2026-02"]);
    expect(spendIn([], "GBP")).toEqual({ currency: "GBP", months: [], channels: [] });
  });
});

describe("a customer in words", () => {
  it("shows traits as people write them", () => {
    expect(traitLabel("preferred_storeId")).toBe("Preferred store id");
    expect(traitText({ street: "Rua 1", city: "Porto" })).toBe("Rua 1, Porto");
    expect(traitText("2026-05-24T00:00:00.000Z", "en-GB")).toBe("24 May 2026");
    expect([traitText(null), traitText(true), traitText(1234)]).toEqual(["removed", "Yes", "1234"]);
  });

  it("has a name whatever is known, and says when nobody told one", () => {
    const at = "2026-03-01T10:00:00.000Z";
    const held = (type: string) => ({ type, value: "x", firstSeenAt: at, lastSeenAt: at, sources: ["web"] });
    const trait = (value: unknown) => ({ value, source: "crm", messageId: "m", occurredAt: at });
    const named = { id: "p_1", traits: { firstName: trait("Ana"), lastName: trait(" Silva ") } };
    expect(displayNameOf(named)).toBe("Ana Silva");
    expect(displayNameOf({ id: "p_1", identifiers: [held("cookie"), held("email")] })).toBe("x");
    expect(displayNameOf({ id: "p_1", identifiers: [held("cookie")] })).toBe("cookie x");
    expect(isAnonymous({ id: "p_1", identifiers: [held("cookie"), held("device_id")] })).toBe(true);
    expect(isAnonymous({ id: "p_1", identifiers: [held("cookie"), held("email")] })).toBe(false);
  });

  it("has an address that names nobody to a server", () => {
    const view = {
      ...readCustomerView("", ""),
      timeline: "all" as const,
      source: "web",
      a: "email:a@b.example",
      b: "x:1",
    };
    const { search, hash } = customerAddress(view);
    expect(search).toBe("?timeline=all&source=web");
    expect(readCustomerView(search, hash)).toEqual(view);
  });
});
