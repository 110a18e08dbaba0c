import { Button, NativeSelect } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import { type ChartChoice, chooseChart, isNumeric, maxDrawnRows } from "./chartChoice.ts";
import type { Answer } from "./exportText.ts";

const text = words.query;
const ResultChart = lazy(async () => ({ default: (await import("./ResultChart.tsx")).ResultChart }));

/** The chart that fits the result, and what may be chosen instead. */
export function ChartView({ answer, onTable }: { answer: Answer; onTable: () => void }) {
  const fitting = chooseChart(answer);
  const [chosen, setChosen] = useState<Partial<ChartChoice>>({});
  if (fitting === null) return <p className="dimmed">{text.chartNone}</p>;
  const choice = { ...fitting, ...chosen };
  const shown = maxDrawnRows[choice.kind];
  return (
    <>
      <ChartControls
        answer={answer}
        choice={choice}
        onChange={(change) => setChosen({ ...chosen, ...change })}
        onTable={onTable}
      />
      <div className="chartRoom">
        <Suspense fallback={null}>
          <ResultChart answer={answer} choice={choice} />
        </Suspense>
      </div>
      {answer.rows.length > shown && (
        <p className="meta">{text.chartFirst(countText(shown), countText(answer.rows.length))}</p>
      )}
    </>
  );
}

interface ControlProps {
  answer: Answer;
  choice: ChartChoice;
  onChange: (change: Partial<ChartChoice>) => void;
  onTable: () => void;
}

function ChartControls({ answer, choice, onChange, onTable }: ControlProps) {
  const all = answer.columns.map(({ name, type }, index) => ({
    value: String(index),
    label: name,
    isNumber: isNumeric(type),
  }));
  return (
    <div className="chartControls">
      <NativeSelect
        label={text.chartKind}
        value={choice.kind}
        data={[
          { value: "bar", label: text.chartKinds.bar },
          { value: "line", label: text.chartKinds.line },
        ]}
        onChange={(event) => onChange({ kind: event.currentTarget.value === "line" ? "line" : "bar" })}
      />
      <NativeSelect
        label={text.chartAcross}
        value={String(choice.across)}
        data={all.map(({ value, label }) => ({ value, label }))}
        onChange={(event) => onChange({ across: Number(event.currentTarget.value) })}
      />
      <NativeSelect
        label={text.chartUp}
        value={String(choice.up)}
        data={all.filter(({ isNumber }) => isNumber).map(({ value, label }) => ({ value, label }))}
        onChange={(event) => onChange({ up: Number(event.currentTarget.value) })}
      />
      <Button variant="default" onClick={onTable} h="var(--c360-target)">
        {text.chartAsTable}
      </Button>
    </div>
  );
}
