import { scoreRecords, termPositions, type LiveScore } from "../../../identity/index.ts";
import type { LinkageDatabase } from "../../../storage/linkageDatabase.ts";
import { type OfferedPair, reviewIdOf } from "../../../storage/reviews.ts";
import type { FollowParts } from "./follow.ts";
import type { RecordIndex } from "./recordIndex.ts";

/** Compared at a time: some tens of milliseconds. */
const maxPairsAtATime = 10_000;

type Parts = Pick<FollowParts, "index" | "queue" | "model" | "reviewFrom" | "now">;
type NumberPair = readonly [number, number];

/** Compares these records with those they share a block with, and with those that wait beside them already. */
export async function offerLike(numbers: readonly number[], database: LinkageDatabase, parts: Parts): Promise<void> {
  const pairs = new Map<string, NumberPair>();
  for (const number of numbers) {
    for (const other of likeOf(number, parts)) {
      const pair = number < other ? ([number, other] as const) : ([other, number] as const);
      pairs.set(pair.join(" "), pair);
    }
    if (pairs.size < maxPairsAtATime) continue;
    await compare([...pairs.values()], database, parts);
    pairs.clear();
  }
  await compare([...pairs.values()], database, parts);
}

function likeOf(number: number, { index, queue }: Parts): number[] {
  const id = index.read(number)?.profileId ?? "";
  const waiting = queue.partnersOf(id).flatMap((partner) => index.numberOf(partner) ?? []);
  return [...new Set([...index.candidates(number), ...waiting])];
}

async function compare(pairs: readonly NumberPair[], database: LinkageDatabase, parts: Parts): Promise<void> {
  if (pairs.length === 0) return;
  const { index, queue, model, reviewFrom, now } = parts;
  const { version, model: applied } = model();
  const read = recordsOf(pairs, index);
  const positions = pairs.map(([a, b]): [number, number] => [read.position(a), read.position(b)]);
  const total = Math.max(2, index.count());
  const scores = await scoreRecords(database, applied, { records: read.records, pairs: positions, total });
  const offered: OfferedPair[] = [];
  const unlike: string[] = [];
  for (const score of scores) {
    const pair = pairOf(score, read.sides, version);
    if (score.probability >= reviewFrom) offered.push(pair);
    else unlike.push(reviewIdOf(pair.a.profileId, pair.b.profileId));
  }
  await queue.drop(unlike);
  await queue.offer(offered, now());
}

function recordsOf(pairs: readonly NumberPair[], index: RecordIndex) {
  const positions = new Map([...new Set(pairs.flat())].map((number, at) => [number, at]));
  const sides = [...positions.keys()].map((number) => {
    const found = index.read(number);
    if (found === null) throw new Error("a candidate is not in the index of records");
    return found;
  });
  const records = sides.map(({ values }) => ({
    values,
    uses: termPositions.map((field) => {
      const value = values[field] ?? null;
      return value === null ? 0 : index.uses(field, value);
    }),
  }));
  return { sides, records, position: (number: number) => positions.get(number) ?? 0 };
}

function pairOf(score: LiveScore, sides: ReturnType<typeof recordsOf>["sides"], model: number): OfferedPair {
  const [one, other] = [sides[score.left], sides[score.right]];
  if (one === undefined || other === undefined) throw new Error("a score without its records");
  const [a, b] = one.profileId < other.profileId ? [one, other] : [other, one];
  const { probability, weight, priorWeight, steps } = score;
  const side = ({ profileId, anchor }: typeof a) => ({ profileId, anchor });
  return { a: side(a), b: side(b), probability, weight, priorWeight, steps, model, origin: "live" };
}
