import { Button } from "@mantine/core";
import { IconArrowBackUp, IconArrowMerge, IconArrowsSplit, type TablerIcon } from "@tabler/icons-react";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { useAsk } from "./asked.ts";
import { type Correction, useTokenNames } from "./correctionQueries.ts";
import { KeyText } from "./KeyText.tsx";

const text = words.corrections;

export const verdictIcons: Readonly<Record<Correction["verdict"], TablerIcon>> = {
  same: IconArrowMerge,
  different: IconArrowsSplit,
  withdrawn: IconArrowBackUp,
};

/** Who it came from, by the name of their token. */
export function useSayer(): (by: string) => string {
  const names = useTokenNames();
  return (by) => names.get(by) ?? (by === "administrator" ? text.administrator : by);
}

/** One correction: what, by whom, when, why, whether it holds, and the way back. */
export function CorrectionItem({ correction }: { correction: Correction }) {
  const { verdict, a, b, by, reason, receivedAt, status, explanation } = correction;
  const sayerOf = useSayer();
  const Icon = verdictIcons[verdict];
  return (
    <li className="correctionItem" data-testid="correction">
      <Icon size={18} aria-hidden />
      <div className="correctionTold">
        <p>
          <strong>{text.verdicts[verdict]}</strong> <KeyText value={a} /> – <KeyText value={b} />
        </p>
        <p className="correctionReason">“{reason}”</p>
        <p className="meta">
          {text.by(sayerOf(by))} · <Time at={receivedAt} /> ·{" "}
          <span className={`correctionStatus ${status}`}>{text.statuses[status]}</span>
        </p>
        {explanation !== null && <p className="meta">{explanation}</p>}
      </div>
      <TakeBack correction={correction} />
    </li>
  );
}

/** Nothing where it does not stand any more. */
export function TakeBack({ correction: { verdict, a, b, status } }: { correction: Correction }) {
  const ask = useAsk();
  if (verdict === "withdrawn" || status === "overruled") return null;
  return (
    <Button
      variant="default"
      size="xs"
      h="var(--c360-target)"
      onClick={() =>
        ask({ step: "say", manner: "withdraw", wanted: { corrections: [{ verdict: "withdrawn", a, b }] } })
      }
      data-no-print
    >
      {text.list.withdraw}
    </Button>
  );
}
