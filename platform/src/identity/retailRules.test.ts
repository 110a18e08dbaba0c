import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultIdentityRules as rules } from "./retailRules.ts";
import { compareIdentifiers, identifierOrder } from "./rules.ts";

const guide = readFileSync(new URL("../../../docs/identity.md", import.meta.url), "utf8");

describe("docs/identity.md", () => {
  it("tells the types, ranks and limits that are at work", () => {
    const row = /^\| (`\w+`|any other) +\| (\w+) +\| +(\d+) +\| +(\d+) +\| +(yes|no) +\| +(\d+) +\|$/gm;
    const rows = [...guide.matchAll(row)].map((found) => found.slice(1));
    const types = [...Object.entries(rules.types), ["any other", rules.otherTypes] as const].map(([type, own]) => [
      type === "any other" ? type : `\`${type}\``,
      own.kind,
      String(own.rank),
      String(own.limit),
      own.bridges ? "yes" : "no",
      String(own.crowd ?? rules.crowdThreshold),
    ]);
    expect(rows.toSorted((x, y) => (x.join() < y.join() ? -1 : 1))).toEqual(
      types.toSorted((x, y) => (x.join() < y.join() ? -1 : 1)),
    );
  });

  it("tells the thresholds that are at work", () => {
    expect(guide).toContain(`seen with ${rules.hubThreshold} or more logins`);
    expect(guide).toContain(`a device seen with ${rules.sharedDeviceLogins} or more logins`);
    expect(guide).toContain(`A crowd is ${rules.crowdThreshold};`);
    expect(guide).toContain(`more than ${rules.maxEvidenceIdentifiers} aliases`);
    expect(guide).toContain(`more than ${rules.maxEvidenceIdentifiers} identifiers`);
  });
});

describe("identifierOrder", () => {
  it("has every type once, and two of its types in the order in which their identifiers are compared", () => {
    const order = identifierOrder(rules);
    expect(order.toSorted()).toEqual([...Object.keys(rules.types), "*"].toSorted());
    // No type is called so: it is one of those that are not named.
    const keys = order.map((type) => (type === "*" ? "store_visitor:1" : `${type}:1`));
    expect(keys.toSorted((a, b) => compareIdentifiers(a, b, rules))).toEqual(keys);
  });
});
