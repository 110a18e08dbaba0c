import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, JsonObject } from "../model/event.ts";
import { maxMinorUnits, maxSumMinorUnits } from "../model/money.ts";
import type { OrderFigures } from "../model/order.ts";
import { day, eventOf, fragmentOf, march, order, orderFrom, ordersFrom, shuffledHistories } from "./events.fake.ts";
import { figuresOf, ownerOf } from "./figures.ts";

const sale = (properties: JsonObject = {}, ...rest: [Parameters<typeof order>[2]?, Partial<AcceptedEvent>?]) =>
  order("Order Completed", { order_id: 1, total: 50, ...properties }, ...rest);
const refund = (properties: JsonObject = {}, ...rest: [Parameters<typeof order>[2]?, Partial<AcceptedEvent>?]) =>
  order("Order Refunded", { order_id: 1, ...properties }, ...rest);
const cancellation = (...rest: [Parameters<typeof order>[2]?, Partial<AcceptedEvent>?]) =>
  order("Order Cancelled", { order_id: 1 }, ...rest);

/** The figures, the same for the events in every order that is tried here, each delivered twice. */
function figures(...events: AcceptedEvent[]): OrderFigures {
  const all = [events, events.toReversed(), [...events.slice(1), ...events.slice(0, 1)], [...events, ...events]];
  const [first, ...others] = all.map((each) => figuresOf(orderFrom(...each)));
  for (const other of others) expect(other).toEqual(first);
  if (first === undefined) throw new TypeError("no events");
  return first;
}

describe("a sale", () => {
  it("reported by two sources counts once", () => {
    expect(figures(sale({ total: 49 }), sale({}, "erp"), sale({}, "mobile"))).toMatchObject({
      grossMinor: 5000,
      refundedMinor: 0,
      netMinor: 5000,
      refundCount: 0,
      isSale: true,
      channel: "web",
    });
  });

  it("was placed where a report says so, else with the best source that sells", () => {
    const stated = sale({ channel: "click & collect" }, "mobile");
    expect(figures(sale({}, "erp"), sale(), stated).channel).toBe("click & collect");
    expect(figures(sale({ channel: "phone" }, "erp"), sale(), stated).channel).toBe("phone");
    expect(figures(sale({}, "erp"), sale({}, "crm"), sale({}, "social"), sale({}, "mobile")).channel).toBe("mobile");
    expect(figures(sale({}, "crm"), sale({}, "erp")).channel).toBe("erp");
  });

  it("belongs to the fragment of its best report", () => {
    const erp = sale({}, "erp", { identifiers: ["user_id:u1"] });
    const web = sale({}, "web", { identifiers: ["anonymous_id:a1"], occurredAt: march + day });
    expect(figures(web, erp).ownerFragment).toBe(fragmentOf(erp));
    expect(ownerOf(orderFrom(web, erp))).toBe(fragmentOf(erp));
    expect(ownerOf(orderFrom(web))).toBe(fragmentOf(web));
    // What an ERP that knows no customers says of the order does not make it nobody's.
    const guest = sale({ total: 9 }, "erp", { identifiers: [] });
    for (const reports of [
      [web, guest],
      [guest, web],
      [guest, web, guest],
    ]) {
      expect(ownerOf(orderFrom(...reports))).toBe(fragmentOf(web));
      const owned = { ownerFragment: fragmentOf(web), channel: "web", grossMinor: 900 };
      expect(figuresOf(orderFrom(...reports))).toMatchObject(owned);
    }
    expect(ownerOf(orderFrom(guest))).toBe(fragmentOf(guest));
  });
});

describe("reports that say less", () => {
  const eur = sale({ currency: "EUR" });

  it.each([
    ["nothing", {}],
    ["lines without prices", { products: [{ sku: "mug", quantity: 2 }] }],
    ["an empty list of lines", { products: [] }],
    ["an amount that cannot be read", { total: "see invoice" }],
  ])("of money, %s, leave it to those that state it", (_, said) => {
    const erp = order("Order Completed", { order_id: 1, ...said }, "erp", { occurredAt: march + day });
    expect(figures(sale(), erp)).toMatchObject({ grossMinor: 5000, channel: "web" });
    expect(figures(sale(), sale({ total: 60 }, "crm"), erp)).toMatchObject({ grossMinor: 6000 });
    expect(figures(erp)).toMatchObject({ grossMinor: 0, isSale: true });
  });

  it("of the order's currency leave it to those that name one", () => {
    expect(figures(eur, sale({}, "erp"))).toMatchObject({ currency: "EUR", grossMinor: 5000 });
    expect(figures(eur, sale({ total: 60 }, "web", { occurredAt: march + day }))).toMatchObject({
      currency: "EUR",
      grossMinor: 6000,
    });
    const named = order("Order Completed", { order_id: 1, currency: "EUR" }, "erp");
    expect(figures(sale(), named)).toMatchObject({ currency: "EUR", grossMinor: 5000 });
    expect(figures(eur, sale({ currency: "USD" }, "erp"))).toMatchObject({ currency: "USD" });
  });

  it("have their amounts in the minor units of the currency that is named", () => {
    const yen = sale({ total: 5000, currency: "JPY" });
    const erp = order("Order Completed", { order_id: 1, products: [{ sku: "a", price: 4000, quantity: 2 }] }, "erp");
    expect(figures(yen, erp)).toMatchObject({
      currency: "JPY",
      grossMinor: 8000,
      lines: [{ priceMinor: 4000, valueMinor: 8000 }],
    });
  });

  it("of a refund's amount leave it to those that state it, also of one source", () => {
    const stated = refund({ refund_id: "r1", total: 5 });
    for (const kind of ["erp", "web"] as const) {
      const silent = refund({ refund_id: "r1" }, kind, { occurredAt: march + day });
      expect(figures(sale(), stated, silent)).toMatchObject({ refundedMinor: 500, refundCount: 1 });
    }
    const cancels = order("Order Cancelled", { order_id: 1, refund_id: "r1" }, "erp");
    expect(figures(sale(), stated, cancels, refund({ refund_id: "r1" }, "erp"))).toMatchObject({
      netMinor: 0,
      isSale: false,
    });
  });

  it("of a refund's currency leave it to those that name one, while the order is unknown", () => {
    const unknown = [refund({ total: 5, currency: "EUR" }), refund({ total: 5 }, "erp")];
    expect(figures(...unknown)).toMatchObject({ currency: "EUR", refundedMinor: 500, refundCount: 1 });
  });
});

describe("the time of an order", () => {
  const at = (days: number): Partial<AcceptedEvent> => ({ occurredAt: march + days * day });
  const update = (days: number, kind?: Parameters<typeof order>[2]) =>
    order("Order Updated", { order_id: 1, total: 60 }, kind, at(days));

  it("is that of its completion, whatever is updated before or after", () => {
    const said = figures(sale({}, "web", at(2)), update(1), update(3, "erp"));
    expect(said).toMatchObject({ occurredAt: march + 2 * day, grossMinor: 6000 });
  });

  it("is that of the earliest completion reported, and its lines have it too", () => {
    const product = { products: [{ sku: "mug", price: 50 }] };
    const said = figures(sale(product, "web", at(2)), sale(product, "erp", at(3)), sale({}, "crm", at(4)));
    expect(said).toMatchObject({ occurredAt: march + 2 * day, lines: [{ occurredAt: march + 2 * day }] });
  });

  it("is that of the earliest update where no completion is known", () => {
    expect(figures(update(3), update(1, "crm"), update(2, "erp"))).toMatchObject({ occurredAt: march + day });
  });
});

describe("very large sums", () => {
  it("are exact until they are held at a bound, so that net stays gross less refunded", () => {
    const refunds = Array.from({ length: 1_000 }, (_, index) =>
      refund({ refund_id: `r${index}`, total: index === 0 ? 0.01 : 999_999_999_999.99 }),
    );
    expect(figures(sale(), ...refunds)).toMatchObject({
      refundedMinor: maxSumMinorUnits,
      netMinor: 5000 - maxSumMinorUnits,
    });
    const { refundedMinor } = figures(sale(), ...refunds.slice(0, 9));
    expect(refundedMinor).toBe(8 * 99_999_999_999_999 + 1);
  });

  it("stay integers where the currency is another than was assumed", () => {
    const kwd = figures(sale({ currency: "KWD" }), refund({ total: 999_999_999_999 }));
    expect(kwd.refundedMinor).toBe(maxMinorUnits);
  });
});

describe("refunds", () => {
  it("reported by two sources without ids subtract once", () => {
    expect(figures(sale(), refund({ total: 20 }), refund({ total: 20 }, "erp"))).toMatchObject({
      refundedMinor: 2000,
      netMinor: 3000,
      refundCount: 1,
    });
  });

  it("of the same amount by one source are two", () => {
    expect(figures(sale(), refund({ total: 20 }), refund({ total: 20 }))).toMatchObject({
      refundedMinor: 4000,
      refundCount: 2,
    });
  });

  it("count as often as the source that reports the most of them", () => {
    const web = [refund({ total: 5 }), refund({ total: 5 }), refund({ total: 5 })];
    const erp = [refund({ total: 5 }, "erp"), refund({ total: 5 }, "erp"), refund({ total: 7 }, "erp")];
    expect(figures(sale(), ...web, ...erp)).toMatchObject({ refundedMinor: 2200, refundCount: 4 });
  });

  it("with ids are one for each id, its best report's amount", () => {
    const reports = [
      refund({ refund_id: "r1", total: 5 }),
      refund({ refund_id: "r1", total: 6 }, "erp"),
      refund({ refund_id: "r2", total: 6 }),
      refund({ refund_id: "r3", total: 6 }),
    ];
    expect(figures(sale(), ...reports)).toMatchObject({ refundedMinor: 1800, refundCount: 3 });
  });

  it("with an id in one source and without in another are the same where the amount is", () => {
    expect(figures(sale(), refund({ refund_id: "r1", total: 5 }, "erp"), refund({ total: 5 }))).toMatchObject({
      refundedMinor: 500,
      refundCount: 1,
    });
    expect(figures(sale(), refund({ refund_id: "r1", total: 5 }, "erp"), refund({ total: 6 }))).toMatchObject({
      refundedMinor: 1100,
      refundCount: 2,
    });
  });

  it("that one source reports both with an id and without are two, though another confirms the id", () => {
    const reports = [
      refund({ refund_id: "r1", total: 5 }),
      refund({ total: 5 }),
      refund({ refund_id: "r1", total: 5 }, "erp"),
    ];
    expect(figures(sale(), ...reports)).toMatchObject({ refundedMinor: 1000, refundCount: 2 });
  });

  it("beyond those with an id are as many more as the other source reports", () => {
    const reports = [refund({ refund_id: "r1", total: 5 }, "erp"), refund({ total: 5 }), refund({ total: 5 })];
    expect(figures(sale(), ...reports)).toMatchObject({ refundedMinor: 1000, refundCount: 2 });
  });

  it("with an id have the best report's amount in every source that names the id", () => {
    const reports = [
      refund({ refund_id: "r1", total: 5 }),
      refund({ refund_id: "r1", total: 6 }, "erp"),
      refund({ total: 6 }),
    ];
    expect(figures(sale(), ...reports)).toMatchObject({ refundedMinor: 1200, refundCount: 2 });
  });

  it("of all that remains come to the whole, with or without partial ones before", () => {
    expect(figures(sale(), refund())).toMatchObject({ refundedMinor: 5000, netMinor: 0, refundCount: 1, isSale: true });
    expect(figures(sale(), refund(), refund({}, "erp"))).toMatchObject({ netMinor: 0, refundCount: 1 });
    expect(figures(sale(), refund({ total: 20 }), refund())).toMatchObject({ netMinor: 0, refundCount: 2 });
    expect(figures(sale(), refund({ total: 50 }), refund({}, "erp"))).toMatchObject({ netMinor: 0, refundCount: 1 });
  });

  it("may exceed what was paid", () => {
    expect(figures(sale(), refund({ total: 60 }))).toMatchObject({ netMinor: -1000 });
    expect(figures(sale(), refund({ total: 60 }), cancellation())).toMatchObject({ netMinor: -1000 });
  });

  it("of a negative adjustment in full come to nothing", () => {
    expect(figures(sale({ total: -30 }), refund())).toMatchObject({ grossMinor: -3000, netMinor: 0 });
  });

  it("follow a corrected header", () => {
    const corrected = sale({ total: 70 }, "web", { occurredAt: march + day });
    expect(figures(sale(), refund(), corrected)).toMatchObject({ grossMinor: 7000, refundedMinor: 7000 });
  });
});

describe("a cancellation", () => {
  it("takes back all that remains and leaves no sale, and is no refund", () => {
    expect(figures(sale(), cancellation(), cancellation("erp"))).toMatchObject({
      netMinor: 0,
      refundCount: 0,
      isSale: false,
    });
    expect(figures(sale(), refund({ total: 20 }), cancellation())).toMatchObject({
      netMinor: 0,
      refundCount: 1,
      isSale: false,
    });
    expect(figures(sale(), refund(), cancellation("erp"))).toMatchObject({
      netMinor: 0,
      refundCount: 1,
      isSale: false,
    });
  });
});

describe("currencies", () => {
  it("stay apart: a refund in another currency takes nothing off", () => {
    expect(figures(sale({ currency: "EUR" }), refund({ total: 20, currency: "GBP" }))).toMatchObject({
      currency: "EUR",
      refundedMinor: 0,
      netMinor: 5000,
      refundCount: 1,
    });
  });

  it("of a refund that names none is the order's", () => {
    expect(figures(sale({ currency: "EUR" }), refund({ total: 20 }))).toMatchObject({
      currency: "EUR",
      netMinor: 3000,
    });
    const yen = figures(sale({ currency: "JPY", total: 5000 }), refund({ products: [{ sku: "a", price: 2000 }] }));
    expect(yen).toMatchObject({ currency: "JPY", netMinor: 3000 });
    expect(yen.lines).toMatchObject([{ kind: "refund", priceMinor: 2000, valueMinor: 2000 }]);
  });

  it("match two reports of one refund though only one names it", () => {
    expect(
      figures(sale({ currency: "JPY" }), refund({ total: 20 }), refund({ total: 20, currency: "JPY" }, "erp")),
    ).toMatchObject({ refundedMinor: 20, refundCount: 1 });
  });
});

describe("a refund without its order", () => {
  it("is a row of its own that only takes off", () => {
    const event = order("Order Refunded", { refund_id: "C1", total: 12.5, channel: "shop" }, "pos", {
      identifiers: [],
    });
    expect(figures(event)).toEqual({
      orderId: "C1",
      ownerFragment: fragmentOf(event),
      channel: "shop",
      occurredAt: march,
      currency: "GBP",
      grossMinor: 0,
      refundedMinor: 1250,
      netMinor: -1250,
      refundCount: 1,
      isSale: false,
      lines: [],
    });
  });

  it("is corrected by a later report of the same refund id", () => {
    const first = order("Order Refunded", { refund_id: "C1", total: 12.5 });
    const corrected = order("Order Refunded", { refund_id: "C1", total: 10 }, "web", {
      receivedAt: first.receivedAt + 5,
    });
    expect(figures(first, corrected)).toMatchObject({ netMinor: -1000, refundCount: 1 });
  });

  it("belongs to its best-ranked report until the sale is known", () => {
    const web = refund({ total: 5 }, "web", { identifiers: ["anonymous_id:a1"] });
    const erp = refund({ total: 5 }, "erp", { identifiers: ["user_id:u1"], occurredAt: march + day });
    expect(figures(web, erp)).toMatchObject({
      ownerFragment: fragmentOf(erp),
      isSale: false,
      netMinor: -500,
      occurredAt: march + day,
    });
    expect(figures(web, erp, sale())).toMatchObject({
      ownerFragment: fragmentOf(sale()),
      isSale: true,
      netMinor: 4500,
      occurredAt: march,
    });
  });

  it("that names an order comes to nothing when all of it was to be refunded", () => {
    expect(figures(refund())).toMatchObject({ netMinor: 0, refundCount: 1, isSale: false });
    expect(figures(cancellation())).toMatchObject({ netMinor: 0, refundCount: 0, isSale: false });
  });
});

describe("lines", () => {
  const mug = { sku: "mug", quantity: 1, price: 5 };

  it("are the sale's, then those of each refund that counts", () => {
    const events = [
      sale({ products: [mug, { ...mug, sku: "hat" }] }),
      refund({ products: [mug] }, "web", { occurredAt: march + day }),
      refund({ products: [mug] }, "erp", { occurredAt: march + day }),
    ];
    expect(figures(...events).lines.map(({ kind, sku, occurredAt }) => [kind, sku, occurredAt])).toEqual([
      ["sale", "mug", march],
      ["sale", "hat", march],
      ["refund", "mug", march + day],
    ]);
  });

  it("of a refund that two sources report are the better-ranked one's", () => {
    for (const kind of ["erp", "pos"] as const) {
      const reports = [refund({ products: [mug] }), refund({ products: [{ ...mug, sku: "MUG-1" }] }, kind)];
      expect(figures(sale(), ...reports).lines).toMatchObject([{ sku: "MUG-1" }]);
    }
  });

  it("of a refund in another currency are left out", () => {
    expect(figures(sale(), refund({ currency: "EUR", products: [mug] })).lines).toEqual([]);
  });

  it("of a full refund stand once, and not beside a partial one's", () => {
    const whole = refund({ total: "all", products: [{ ...mug, price: "?" }] });
    expect(
      figures(
        sale({ products: [mug] }),
        cancellation(),
        order("Order Cancelled", { order_id: 1, products: [mug] }, "erp"),
      ).lines,
    ).toHaveLength(2);
    expect(
      figures(sale(), refund({ total: 2 }), order("Order Cancelled", { order_id: 1, products: [mug] })).lines,
    ).toEqual([]);
    expect(figures(sale(), whole)).toMatchObject({ refundedMinor: 0, lines: [{ kind: "refund", valueMinor: 0 }] });
  });
});

describe("invariants", () => {
  it("any order, with repetitions, gives the same figures; net is gross less refunded", () => {
    fc.assert(
      fc.property(shuffledHistories, ([events, shuffled]) => {
        const expected = rows(events);
        expect(rows(shuffled)).toEqual(expected);
        expect(rows([...shuffled, ...events])).toEqual(expected);
        for (const { grossMinor, refundedMinor, netMinor } of expected)
          expect(netMinor).toBe(grossMinor - refundedMinor);
      }),
    );
  });

  it("a second source that repeats every refund changes neither money nor counts", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            total: fc.integer({ min: 1, max: 3 }),
            refund_id: fc.option(fc.constantFrom("r1", "r2"), { nil: null }),
          }),
          { maxLength: 6 },
        ),
        (refunds) => {
          const web = refunds.map((properties, index) => refund(properties, "web", { occurredAt: march + index }));
          const crm = web.map((event) =>
            eventOf({ ...event, source: "crm", sourceKind: "web", messageId: `crm-${event.messageId}` }),
          );
          const { lines: _, ...once } = figuresOf(orderFrom(sale(), ...web));
          expect(figuresOf(orderFrom(sale(), ...web, ...crm))).toMatchObject(once);
        },
      ),
    );
  });

  it("a state without reports is a programming error", () => {
    expect(() => figuresOf({ key: "k", orderId: "o", sales: [], refunds: {} })).toThrow(TypeError);
  });
});

function rows(events: readonly AcceptedEvent[]): OrderFigures[] {
  return [...ordersFrom(events).values()].map(figuresOf);
}
