import type { CorrectionAnswer as Answered, RecordedCorrection } from "../identity/index.ts";
import type { Correction } from "../model/correction.ts";
import { iso } from "./routeTypes.ts";

export type { CorrectionPreview, WantedCorrections } from "../identity/index.ts";

/** A correction as the API shows it. Times ISO 8601. */
export type SaidView = Omit<Correction, "receivedAt"> & { receivedAt: string };

/** With what held of the pair before, for whoever wants to take it back. */
export type AnsweredView = SaidView & Pick<Answered["corrections"][number], "overrules" | "before">;

export type CorrectionAnswer = Omit<Answered, "corrections"> & { corrections: AnsweredView[] };

/** With what became of it. */
export type CorrectionView = SaidView & Pick<RecordedCorrection, "status" | "overruledBy" | "explanation">;

export function answerView(answer: Answered): CorrectionAnswer {
  const corrections = answer.corrections.map((each) => {
    const { overrules, before } = each;
    return { ...saidView(each), overrules, before };
  });
  return { ...answer, corrections };
}

export function correctionView(recorded: RecordedCorrection): CorrectionView {
  const { status, overruledBy, explanation } = recorded;
  return { ...saidView(recorded), status, overruledBy, explanation };
}

function saidView({ id, verdict, a, b, by, reason, receivedAt }: Correction): SaidView {
  return { id, verdict, a, b, by, reason, receivedAt: iso(receivedAt) };
}
