/** What one event carries. */
export type EventKeys = readonly string[];

/** Each identifier was seen with the next: households, shared phones and the like that lead on and on. */
export function chain(identifiers: number): EventKeys[] {
  const key = (n: number): string => (n % 2 === 0 ? `email:chain${n}@x.example` : `phone:+4420${n}`);
  return Array.from({ length: identifiers - 1 }, (_, n) => [key(n), key(n + 1)]);
}

/** One e-mail address with as many customer numbers, cards and devices as it may meet, and those with others. */
export function star(identifiers: number): EventKeys[] {
  const perType = 250;
  return Array.from({ length: identifiers - 1 }, (_, n) => {
    const middle = `crm_id:middle${Math.floor(n / perType)}`;
    return n % perType === 0 && n > 0
      ? [middle, `crm_id:middle${Math.floor(n / perType) - 1}`]
      : [middle, `anonymous_id:star${n}`];
  });
}

/** Everything with a few others at random: most evidence is refused, by a limit or as it does not bridge. */
export function tangle(identifiers: number): EventKeys[] {
  const types = ["user_id", "email", "phone", "crm_id", "anonymous_id"];
  const key = (n: number): string =>
    `${types[n % types.length] ?? ""}:tangle${n}${n % types.length === 1 ? "@x.example" : ""}`;
  return Array.from({ length: identifiers * 2 }, (_, n) => [
    key(n % identifiers),
    key((n * 7_919 + 13) % identifiers),
  ]).filter(([a, b]) => a !== b);
}

/** An address that everybody gives: each of its events has a customer number of its own. */
export function hub(identifiers: number): EventKeys[] {
  return Array.from({ length: identifiers }, (_, n) => ["email:info@x.example", `crm_id:around${n}`]);
}
