/**
 * Trait, category and source names come from outside and may be `__proto__` or `constructor`: records keyed by them
 * are read and written through these, which see own keys only.
 */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

export function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    record[key] = value;
  }
}

/** Keeps the `max` least keys (by code units) of a record that only grows, so that what is kept depends on no order. */
export function keepLeastKeys(record: Record<string, unknown>, max: number): void {
  const keys = Object.keys(record);
  if (keys.length <= max) return;
  for (const key of keys.sort().slice(max)) delete record[key];
}

/** The same entries with keys in the one order that JSON text of them has. */
export function sortedByKey<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  const sorted: Record<string, U> = {};
  for (const key of Object.keys(record).sort()) setOwn(sorted, key, map(record[key] as T));
  return sorted;
}
