import { Button } from "@mantine/core";
import { IconArrowsJoin } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { countText } from "../parts/countText.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { type LinkageRun, refreshList, useCancelLinkage, useLatestRun, useStartLinkage } from "./reviewQueries.ts";

const text = words.review.linkage;

/** Starts a comparison of all profiles, and tells how it goes. */
export function Linkage() {
  const run = useLatestRun();
  const start = useStartLinkage();
  const cancel = useCancelLinkage();
  useListAfter(run.data ?? null);
  const isRunning = run.data?.state === "running";
  const error = start.error ?? cancel.error;
  return (
    <div className="reviewLinkage">
      <span role="status" className="dimmed numbers">
        {run.data === null || run.data === undefined ? "" : runText(run.data)}
      </span>
      {isRunning ? (
        <Button
          variant="default"
          h="var(--c360-target)"
          loading={cancel.isPending}
          onClick={() => cancel.mutate(run.data?.id ?? "")}
        >
          {text.cancel}
        </Button>
      ) : (
        <Button
          variant="default"
          h="var(--c360-target)"
          leftSection={<IconArrowsJoin size={16} />}
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          {text.start}
        </Button>
      )}
      {error !== null && <ProblemNote error={error} />}
    </div>
  );
}

/** What it offered shows once it is done. */
function useListAfter(run: LinkageRun | null): void {
  const queries = useQueryClient();
  const before = useRef<string | null>(null);
  const state = run?.state ?? null;
  useEffect(() => {
    if (before.current === "running" && state !== "running") void refreshList(queries);
    before.current = state;
  }, [state, queries]);
}

function runText({ state, stage, part, records, offered, linked, error }: LinkageRun): string {
  const stages: Readonly<Record<string, string>> = text.stages;
  if (state === "running") return text.running(stages[stage] ?? stage, `${Math.round(part * 100)} %`);
  if (state === "failed") return text.failed(error ?? "");
  if (state === "cancelled") return text.cancelled;
  const told = text.done(countText(records), countText(offered));
  return linked === 0 ? told : `${told} ${text.linked(countText(linked))}`;
}
