import type { CorrectionAnswer, CorrectionPreview, CorrectionView, WantedCorrections } from "../api/correctionViews.ts";
import type { Transport } from "./transport.ts";

/** What a verb may ask about corrections. */
export interface CorrectionCalls {
  previewCorrections(wanted: WantedCorrections): Promise<CorrectionPreview>;
  correct(wanted: WantedCorrections, reason: string): Promise<CorrectionAnswer>;
  withdrawCorrection(id: string, reason: string): Promise<CorrectionAnswer>;
  /** Newest first. */
  corrections(limit: number): Promise<CorrectionView[]>;
}

const path = "/api/identity/corrections";

// The shapes are the API's own, held by its tests.
export function correctionCalls(send: Transport): CorrectionCalls {
  const post = (to: string, body: unknown) => send({ method: "POST", path: to, body });
  return {
    previewCorrections: async (wanted) => (await post("/api/identity/preview", wanted)) as CorrectionPreview,
    correct: async (wanted, reason) => (await post(path, { ...wanted, reason })) as CorrectionAnswer,
    withdrawCorrection: async (id, reason) =>
      (await post(`${path}/${encodeURIComponent(id)}/withdraw`, { reason })) as CorrectionAnswer,
    corrections: async (limit) => {
      const { items } = (await send({ method: "GET", path: `${path}?limit=${limit}` })) as { items: CorrectionView[] };
      return items;
    },
  };
}
