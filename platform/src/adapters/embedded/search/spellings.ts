import type { DatabaseSync } from "node:sqlite";
import { deletionKeys, editDistance, indexedEdits } from "./edits.ts";

/** Most spellings that stand in for one word of a question; the nearest and the most used are taken. */
export const maxVariants = 24;
/** Words weighed for it. */
const maxWeighed = 2_000;

export interface Spelling {
  word: string;
  distance: number;
  uses: number;
}

/** The distinct words that people misspell, with an index of their deletion neighbourhoods. */
export interface Spellings {
  /** Counts uses up or down; a word that nobody has any more is gone. Within the caller's transaction. */
  change(uses: ReadonlyMap<string, number>): void;
  /** Known words within `edits`, nearest first, then the most used; the word itself is not among them. */
  near(word: string, edits: number): Spelling[];
}

export function spellingsOver(database: DatabaseSync): Spellings {
  const find = database.prepare("SELECT number, uses FROM spellings WHERE word = ?");
  const add = database.prepare("INSERT INTO spellings (word, uses) VALUES (?, ?)");
  const setUses = database.prepare("UPDATE spellings SET uses = ? WHERE number = ?");
  const remove = database.prepare("DELETE FROM spellings WHERE number = ?");
  const addKey = database.prepare("INSERT OR IGNORE INTO deletions VALUES (?, ?)");
  const removeKey = database.prepare("DELETE FROM deletions WHERE key = ? AND word = ?");
  const withKey = database.prepare(
    `SELECT s.word, s.uses FROM deletions d JOIN spellings s ON s.number = d.word WHERE d.key = ? LIMIT ${maxWeighed}`,
  );
  const changeOne = (word: string, change: number): void => {
    const known = find.get(word);
    if (known === undefined) {
      if (change <= 0) return;
      const { lastInsertRowid } = add.run(word, change);
      for (const key of deletionKeys(word, indexedEdits(word))) addKey.run(key, lastInsertRowid);
      return;
    }
    const [number, uses] = [Number(known["number"]), Number(known["uses"]) + change];
    if (uses > 0) {
      setUses.run(uses, number);
      return;
    }
    for (const key of deletionKeys(word, indexedEdits(word))) removeKey.run(key, number);
    remove.run(number);
  };
  return {
    change: (uses) => {
      for (const [word, change] of uses) if (change !== 0) changeOne(word, change);
    },
    near: (word, edits) => {
      const found = new Map<string, Spelling>();
      const seen = new Set<string>([word]);
      for (const key of deletionKeys(word, edits)) {
        for (const row of withKey.iterate(key)) {
          const candidate = String(row["word"]);
          if (Math.abs(candidate.length - word.length) > edits) continue;
          if (seen.has(candidate)) continue;
          seen.add(candidate);
          if (seen.size > maxWeighed) break;
          const distance = editDistance(word, candidate, edits);
          if (distance <= edits) found.set(candidate, { word: candidate, distance, uses: Number(row["uses"]) });
        }
      }
      return [...found.values()].sort(nearest).slice(0, maxVariants);
    },
  };
}

function nearest(a: Spelling, b: Spelling): number {
  if (a.distance !== b.distance) return a.distance - b.distance;
  if (a.uses !== b.uses) return b.uses - a.uses;
  return a.word < b.word ? -1 : 1;
}
