import type { CorrectionAnswer, CorrectionService, RecordedCorrection } from "../identity/index.ts";
import { pairOf, type Correction } from "../model/correction.ts";
import { Problem } from "../model/problem.ts";
import type { Profile } from "../model/profile.ts";

/** Answers about two people, and remembers what was said. */
export function fakeCorrections(ada: Profile, at: number): CorrectionService & { said: Correction[] } {
  const said: Correction[] = [];
  const seen = { identifiers: ["user_id:ada"], profile: ada };
  const other = { identifiers: ["email:x@example.com"], profile: { ...ada, id: "p_other" } };
  const effect = {
    before: [seen, other],
    after: [{ identifiers: [...other.identifiers, ...seen.identifiers], profile: ada }],
    joined: [{ from: [ada.id, "p_other"], into: ada.id }],
    split: [],
    conflicts: [{ verdict: "same", a: "a:1", b: "b:1", reason: "kept apart", correctionId: "c_0" }],
  };
  const answer = (made: Correction): CorrectionAnswer => {
    said.push(made);
    return { ...effect, corrections: [{ ...made, overrules: null, before: null }], decided: true };
  };
  return {
    said,
    preview: async ({ merge }) => {
      if (merge === undefined) throw new Problem(400, "correction_unclear", "Say one thing.");
      const planned = { verdict: "same" as const, ...pairOf(merge.a, merge.b), overrules: null, before: null };
      return { ...effect, corrections: [planned], basis: "as it is" };
    },
    correct: async ({ merge, apart }, { basis, ...saying }) => {
      if (basis !== undefined && basis !== "as it is") throw new Problem(409, "changed_meanwhile", "It has changed.");
      const { a, b } = merge ?? apart ?? { a: "a:1", b: "b:1" };
      const verdict = merge === undefined ? "different" : "same";
      return answer({ id: `c_${said.length}`, verdict, ...pairOf(a, b), ...saying, receivedAt: at });
    },
    withdraw: async (id, { by, reason }) => {
      const found = said.find((each) => each.id === id);
      if (found === undefined) throw new Problem(404, "correction_not_found", "There is none.");
      return answer({ ...found, by, reason, id: `c_${said.length}`, verdict: "withdrawn" });
    },
    takeBack: async () => null,
    list: async ({ before, limit, verdict }) => {
      const newest = said.map((each, position): RecordedCorrection => {
        return { ...each, position, status: "in_effect", overruledBy: null, explanation: null };
      });
      const wanted = newest.toReversed().filter((each) => verdict === null || each.verdict === verdict);
      const rest = wanted.filter(({ position }) => before === null || position < before);
      const items = rest.slice(0, limit);
      return { items, next: rest.length > items.length ? (items.at(-1)?.position ?? null) : null };
    },
  };
}
