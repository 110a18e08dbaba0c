import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxCorrections, surestOf, takingOut, undoing } from "./wanted.ts";

const tie = (from: string, to: string, more: object = {}) => ({ from, to, status: "active", kind: "same", ...more });

describe("what is said", () => {
  it("takes an identifier out by parting it from all that evidence ties it to", () => {
    const edges = [
      tie("email:a", "user_id:1"),
      tie("anonymous_id:x", "email:a"),
      tie("anonymous_id:x", "user_id:1"),
      tie("email:a", "phone:1", { status: "refused" }),
      tie("card:9", "email:a", { kind: "different" }),
    ];
    expect(takingOut("email:a", edges)).toEqual({
      corrections: [
        { verdict: "different", a: "email:a", b: "anonymous_id:x" },
        { verdict: "different", a: "email:a", b: "user_id:1" },
      ],
    });
    const crowd = Array.from({ length: maxCorrections + 1 }, (_, n) => tie("email:a", `anonymous_id:${n}`));
    expect(takingOut("email:a", crowd)).toBeNull();
    expect(takingOut("email:a", crowd.slice(1))?.corrections).toHaveLength(maxCorrections);
  });

  it("undone says of each pair what held before, whatever that was", () => {
    const verdict = fc.constantFrom("same" as const, "different" as const, "withdrawn" as const);
    const said = fc.record({ verdict, a: fc.string(), b: fc.string(), before: fc.option(verdict) });
    fc.assert(
      fc.property(fc.array(said), (list) => {
        expect(undoing(list)).toEqual(
          list.map(({ a, b, before }) => ({ a, b, verdict: before === null ? "withdrawn" : before })),
        );
      }),
    );
  });

  it("names a person by what says most about them", () => {
    const own = ["anonymous_id:x", "unheard_of:1", "email:a@example.com", "user_id:7"].map((key) => {
      const [type = "", value = ""] = key.split(":");
      return { type, value };
    });
    expect(surestOf(own)).toBe("user_id:7");
    expect(surestOf(own.slice(0, 2))).toMatch(/^(anonymous_id|unheard_of):/);
    expect(surestOf([])).toBeNull();
  });
});
