import { isInCollection, placeName, type Place } from "./place.ts";

/** What becomes of some rows: their JSON text, or null where a row is taken away. */
export class Changes {
  readonly #texts = new Map<string, { place: Place<unknown>; text: string | null }>();
  /** By partition, of collections only: a row alone is never looked for in a range. */
  readonly #collections = new Map<string, Map<string, string | null>>();

  get size(): number {
    return this.#texts.size;
  }

  put(place: Place<unknown>, text: string | null): void {
    this.#texts.set(placeName(place), { place, text });
    if (!isInCollection(place)) return;
    const collection = this.#collections.get(place.pk) ?? new Map<string, string | null>();
    this.#collections.set(place.pk, collection.set(place.sk, text));
  }

  /** Undefined where nothing is changed. */
  at(place: Place<unknown>): string | null | undefined {
    return this.#texts.get(placeName(place))?.text;
  }

  in(pk: string): { sk: string; text: string | null }[] {
    return [...(this.#collections.get(pk) ?? [])].map(([sk, text]) => ({ sk, text }));
  }

  all(): Iterable<{ place: Place<unknown>; text: string | null }> {
    return this.#texts.values();
  }

  /** How long {@link encoded} is, but for what is escaped in keys. */
  get chars(): number {
    const around = '["",""]\n\n'.length;
    let chars = 0;
    for (const { place, text } of this.#texts.values()) {
      chars += place.pk.length + place.sk.length + (text?.length ?? 0) + around;
    }
    return chars;
  }

  /** One text: of each row its place, and on the next line what it becomes, or nothing. */
  encoded(): string {
    const lines: string[] = [];
    for (const { place, text } of this.#texts.values()) lines.push(JSON.stringify([place.pk, place.sk]), text ?? "");
    return lines.join("\n");
  }

  static decoded(encoded: string): Changes {
    const changes = new Changes();
    if (encoded === "") return changes;
    const lines = encoded.split("\n");
    for (let at = 0; at < lines.length; at += 2) {
      const [pk, sk] = JSON.parse(lines[at] as string) as [string, string];
      changes.put({ pk, sk }, lines[at + 1] || null);
    }
    return changes;
  }
}
