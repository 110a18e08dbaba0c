import { defaultIdentityRules, parseIdentityRules, type IdentityRules } from "../../src/identity/index.ts";

type Blocked = IdentityRules["blocked"];

/** Nobody here has an address that they meet, and compiling and matching them would take half of a schedule's time. */
function withoutPatterns(blocked: Blocked): Blocked {
  return { ...blocked, patterns: [] };
}

/** The defaults, but for their patterns. */
export const firstRules: IdentityRules = parseIdentityRules({
  ...defaultIdentityRules,
  types: Object.fromEntries(
    Object.entries(defaultIdentityRules.types).map(([type, { blocked, ...rules }]) => [
      type,
      blocked === undefined ? rules : { ...rules, blocked: withoutPatterns(blocked) },
    ]),
  ),
  blocked: withoutPatterns(defaultIdentityRules.blocked),
});

/** Documents that differ in who is one person. */
export const someRules: readonly IdentityRules[] = [
  firstRules,
  parseIdentityRules({ ...firstRules, hubThreshold: 3, sharedDeviceLogins: 2 }),
  parseIdentityRules({
    ...firstRules,
    blocked: { values: [...firstRules.blocked.values, "e1@example.com"], patterns: ["^e5@"] },
    maxEvidenceIdentifiers: 6,
  }),
];
