import { Button } from "@mantine/core";
import { useAsk } from "../corrections/asked.ts";
import { countText } from "../parts/countText.ts";
import { correctionSource } from "../parts/correctionSource.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { confidenceText } from "./confidenceText.ts";
import type { Edge } from "./joins.ts";
import { useSourceMarks } from "./sourceMarks.ts";

const text = words.customer.identity;

/** Where a piece of evidence comes from, by which rule, how often, since when and how sure it is. */
export function EdgeTold({ edge: { source, rule, count, occurredAt, confidence, said } }: { edge: Edge }) {
  const markOf = useSourceMarks();
  const rules: Readonly<Record<string, string>> = words.customer.timeline.joinedBy;
  return (
    <>
      <span className="toldLine meta">
        <SourceMark {...markOf(source)} />
        {words.dot}
        {rules[rule] ?? rule}
        {said === undefined && `${words.dot}${count === 1 ? text.oneEvent : text.events(countText(count))}`}
        {words.dot}
        {text.why.since} <Time at={occurredAt} />
        {words.dot}
        {text.why.sure(confidenceText(confidence))}
      </span>
      {said !== undefined && <span className="meta">“{said.reason}”</span>}
    </>
  );
}

/** Parts what a piece of evidence joins; of a correction, takes it back. */
export function CutButton({ edge: { from, to, source } }: { edge: Edge }) {
  const ask = useAsk();
  const [a, b] = from < to ? [from, to] : [to, from];
  const isSaid = source === correctionSource;
  return (
    <Button
      variant="subtle"
      size="xs"
      h="var(--c360-target)"
      onClick={() =>
        isSaid
          ? ask({ step: "say", manner: "withdraw", wanted: { corrections: [{ verdict: "withdrawn", a, b }] } })
          : ask({ step: "say", manner: "unmerge", wanted: { unmerge: { a, b } } })
      }
      data-no-print
    >
      {isSaid ? words.corrections.list.withdraw : words.corrections.menu.cut}
    </Button>
  );
}
