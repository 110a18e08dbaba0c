import type { CorrectionAnswer as Answered, RecordedCorrection } from "../identity/index.ts";
import type { Correction } from "../model/correction.ts";
import { iso } from "./routeTypes.ts";

export type { CorrectionPreview, WantedCorrections } from "../identity/index.ts";

/** A correction as the API shows it. Times ISO 8601. */
export type SaidView = Omit<Correction, "receivedAt"> & { receivedAt: string };

export type CorrectionAnswer = Omit<Answered, "corrections"> & { corrections: SaidView[] };

/** With what became of it. */
export type CorrectionView = SaidView & Pick<RecordedCorrection, "status" | "overruledBy" | "explanation">;

export function answerView(answer: Answered): CorrectionAnswer {
  return { ...answer, corrections: answer.corrections.map(saidView) };
}

export function correctionView(recorded: RecordedCorrection): CorrectionView {
  const { status, overruledBy, explanation } = recorded;
  return { ...saidView(recorded), status, overruledBy, explanation };
}

function saidView({ id, verdict, a, b, by, reason, receivedAt }: Correction): SaidView {
  return { id, verdict, a, b, by, reason, receivedAt: iso(receivedAt) };
}
