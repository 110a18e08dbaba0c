import { lazy, type ReactNode, Suspense, useState } from "react";
import { AskContext, type Asked } from "./asked.ts";

const CorrectionDialog = lazy(async () => ({ default: (await import("./CorrectionDialog.tsx")).CorrectionDialog }));

/**
 * The dialog of corrections for what is inside. It stays open while the page goes from a customer to the one that they
 * are now.
 */
export function AskProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <AskContext value={setAsked}>
      {children}
      {asked !== null && (
        <Suspense fallback={null}>
          <CorrectionDialog asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </AskContext>
  );
}
