/** Remembers answers for a while, and at most so many of them: the oldest is forgotten first. */
export class FreshCache<Value> {
  readonly #entries = new Map<string, { value: Value; until: number }>();
  readonly #parts: { now: () => number; freshForMs: number; maxEntries: number };
  readonly #asked = new Map<string, Promise<Value>>();
  #generation = 0;

  constructor(parts: { now: () => number; freshForMs: number; maxEntries: number }) {
    this.#parts = parts;
  }

  /** The remembered answer, or a new one, asked for once however many want it meanwhile. One that was asked for before `forget` is answered, not remembered. */
  async get(key: string, load: () => Promise<Value>): Promise<Value> {
    const { now, freshForMs, maxEntries } = this.#parts;
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > now()) return known.value;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const generation = this.#generation;
    const askedAt = now();
    const asking = load();
    this.#asked.set(key, asking);
    const value = await asking.finally(() => {
      if (this.#asked.get(key) === asking) this.#asked.delete(key);
    });
    if (generation !== this.#generation) return value;
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: askedAt + freshForMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
    return value;
  }

  forget(): void {
    this.#generation += 1;
    this.#asked.clear();
    this.#entries.clear();
  }
}
