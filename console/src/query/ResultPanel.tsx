import { Button, SegmentedControl } from "@mantine/core";
import { IconAlertTriangle, IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { countText } from "../parts/countText.ts";
import { Waiting } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { ChartView } from "./ChartView.tsx";
import { download } from "./download.ts";
import { csvText, jsonText } from "./exportText.ts";
import { NoRows } from "./NoRows.tsx";
import { fetchRows, maxRows, type QueryAnswer, type Run } from "./queryRun.ts";
import { ResultTable } from "./ResultTable.tsx";

const text = words.query;
const waitingHeight = 144;

interface ResultPanelProps {
  run: Run | null;
  /** As it stands in the editor. */
  sql: string;
  isRunning: boolean;
  view: "table" | "chart";
  onView: (view: "table" | "chart") => void;
  onRun: (limit: number) => void;
  /** Back into the editor. */
  onEdit: () => void;
}

/** What the last run gave: rows or a chart, how many, how fast, whether there are more, whether it is still the query. */
export function ResultPanel({ run, sql, isRunning, view, onView, onRun, onEdit }: ResultPanelProps) {
  const answer = run?.answer ?? null;
  return (
    <section className="panel resultPanel" aria-label={text.resultTitle} aria-busy={isRunning}>
      {run?.problem != null && (
        <ProblemNote error={run.problem} onRetry={() => onRun(run.limit)} keepsData={answer !== null} />
      )}
      {answer === null && run?.problem == null && !isRunning && <p className="dimmed">{text.beforeRun}</p>}
      {answer === null && isRunning && <Waiting height={waitingHeight} />}
      {run !== null && answer !== null && (
        <>
          <ResultHead run={run} answer={answer} sql={sql} view={view} onView={onView} onRun={onRun} />
          {answer.rows.length === 0 && <NoRows sql={run.answerSql ?? sql} onEdit={onEdit} />}
          {answer.rows.length > 0 && view === "table" && <ResultTable answer={answer} />}
          {answer.rows.length > 0 && view === "chart" && (
            <ChartView
              key={answer.columns.map(({ name }) => name).join()}
              answer={answer}
              onTable={() => onView("table")}
            />
          )}
        </>
      )}
    </section>
  );
}

type HeadProps = Pick<ResultPanelProps, "sql" | "view" | "onView" | "onRun"> & { run: Run; answer: QueryAnswer };

function ResultHead({ run, answer, sql, view, onView, onRun }: HeadProps) {
  const count = answer.rows.length;
  return (
    <div className="resultBar">
      <SegmentedControl
        size="xs"
        value={view}
        onChange={(value) => onView(value === "chart" ? "chart" : "table")}
        data={[
          { value: "table", label: text.table },
          { value: "chart", label: text.chart },
        ]}
        aria-label={text.view}
      />
      <div className="resultFacts" role="status">
        {answer.truncated ? (
          <span className="limited">
            <IconAlertTriangle size={14} aria-hidden /> {text.limited(countText(count))}
          </span>
        ) : (
          <span>{count === 1 ? text.oneRow : text.rows(countText(count))}</span>
        )}
        <span className="numbers">{text.elapsed(countText(Math.round(answer.elapsedMs)))}</span>
        <span className="dimmed">
          {text.asOf} <Time at={answer.asOf} />
        </span>
        {sql !== run.answerSql && <span className="limited">{text.edited}</span>}
      </div>
      {answer.truncated && count < maxRows && (
        <Button variant="default" size="xs" h="var(--c360-target)" onClick={() => onRun(maxRows)}>
          {text.more(countText(maxRows))}
        </Button>
      )}
      {count > 0 && <ExportButtons sql={run.answerSql ?? sql} answer={answer} />}
    </div>
  );
}

/** Files of all rows: what was cut off is asked for again, as far as one answer goes. */
function ExportButtons({ sql, answer }: { sql: string; answer: QueryAnswer }) {
  const [state, setState] = useState<{ isBusy: boolean; error: unknown; isLimited: boolean }>({
    isBusy: false,
    error: null,
    isLimited: false,
  });
  const save = async (format: "csv" | "json"): Promise<void> => {
    setState({ isBusy: true, error: null, isLimited: false });
    try {
      const whole = answer.truncated && answer.rows.length < maxRows ? await fetchRows(sql, maxRows) : answer;
      const name = `query-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
      if (format === "csv") download(`${name}.csv`, "text/csv;charset=utf-8", csvText(whole));
      else download(`${name}.json`, "application/json", jsonText(whole));
      setState({ isBusy: false, error: null, isLimited: whole.truncated });
    } catch (error) {
      setState({ isBusy: false, error, isLimited: false });
    }
  };
  const rows = answer.truncated ? text.allRows : text.rows(countText(answer.rows.length));
  return (
    <>
      {(["csv", "json"] as const).map((format) => {
        const label = format === "csv" ? text.exportCsv : text.exportJson;
        return (
          <Button
            key={format}
            variant="default"
            size="xs"
            h="var(--c360-target)"
            leftSection={<IconDownload size={14} />}
            loading={state.isBusy}
            onClick={() => void save(format)}
            aria-label={text.exportLabel(label, rows)}
          >
            {label}
          </Button>
        );
      })}
      {state.isLimited && (
        <p className="meta wholeLine" role="status">
          {text.exportLimited(countText(maxRows))}
        </p>
      )}
      {state.error !== null && (
        <div className="wholeLine">
          <ProblemNote error={state.error} />
        </div>
      )}
    </>
  );
}
