/**
 * Damerau–Levenshtein distance (unrestricted: exchanged neighbours may have been edited in between), as in Lowrance
 * and Wagner: An Extension of the String-to-String Correction Problem, 1975. Units are UTF-16. Any answer above `most`
 * means only that.
 */
export function editDistance(a: string, b: string, most: number): number {
  if (a === b) return 0;
  if (Math.abs(a.length - b.length) > most) return most + 1;
  const width = b.length + 2;
  const far = a.length + b.length;
  const cells = new Uint16Array((a.length + 2) * width);
  cells[0] = far;
  for (let row = 0; row <= a.length; row++) {
    cells[(row + 1) * width] = far;
    cells[(row + 1) * width + 1] = row;
  }
  for (let column = 0; column <= b.length; column++) {
    cells[column + 1] = far;
    cells[width + column + 1] = column;
  }
  const lastRowOf = new Map<number, number>();
  for (let row = 1; row <= a.length; row++) {
    let lastColumn = 0;
    let least = far;
    for (let column = 1; column <= b.length; column++) {
      const matchRow = lastRowOf.get(b.charCodeAt(column - 1)) ?? 0;
      const matchColumn = lastColumn;
      const isSame = a.charCodeAt(row - 1) === b.charCodeAt(column - 1);
      if (isSame) lastColumn = column;
      const at = (row + 1) * width + column + 1;
      const cost = Math.min(
        cellAt(cells, at - width - 1) + (isSame ? 0 : 1),
        cellAt(cells, at - 1) + 1,
        cellAt(cells, at - width) + 1,
        cellAt(cells, matchRow * width + matchColumn) + (row - matchRow - 1) + 1 + (column - matchColumn - 1),
      );
      cells[at] = cost;
      least = Math.min(least, cost);
    }
    lastRowOf.set(a.charCodeAt(row - 1), row);
    if (least > most) return most + 1;
  }
  return cellAt(cells, (a.length + 1) * width + b.length + 1);
}

function cellAt(cells: Uint16Array, at: number): number {
  return cells[at] ?? 0;
}

/**
 * Deletions are taken from this many first letters only: it bounds them at 46 a word, whatever its length. Fewer letters
 * make the index smaller and questions slower, since more words share what is left (with 7, ten times as many).
 */
const deletedFromChars = 9;

/** Edits that a word can be off by, so that some question's word allows them (a question of 8 letters meets 6). */
export function indexedEdits(word: string): number {
  return word.length < 6 ? 1 : 2;
}

/**
 * Keys of the symmetric deletion index (Garbe, SymSpell, 2012): two words within `edits` of each other share at least
 * one, since up to `edits` letters taken out of each leave the same. 47-bit hashes, which SQLite keeps in six bytes; a
 * collision costs one comparison.
 */
export function deletionKeys(word: string, edits: number): Set<number> {
  const start = word.slice(0, deletedFromChars);
  const keys = new Set<number>();
  const seen = new Set<string>([start]);
  let layer = [start];
  for (let depth = 0; ; depth++) {
    for (const variant of layer) keys.add(hash47(variant));
    if (depth === edits) return keys;
    const next: string[] = [];
    for (const variant of layer) {
      for (let at = 0; at < variant.length; at++) {
        const shorter = variant.slice(0, at) + variant.slice(at + 1);
        if (seen.has(shorter)) continue;
        seen.add(shorter);
        next.push(shorter);
      }
    }
    layer = next;
  }
}

/** Two FNV-1a hashes side by side. */
function hash47(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000193) ^ (high >>> 15);
  }
  return (low >>> 0) + (high & 0x7fff) * 2 ** 32;
}
