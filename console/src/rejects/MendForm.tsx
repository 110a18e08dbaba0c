import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { api } from "../api/client.ts";
import { type Fate, fateKey } from "../live/EventDetails.tsx";
import { asText } from "../live/refusals.ts";
import { faultsOf } from "../parts/jsonFaults.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import "../parts/editor.css";
import { rejectsKey } from "./rejectQueries.ts";

const text = words.rejects;
const JsonEditor = lazy(async () => ({ default: (await import("../parts/JsonEditor.tsx")).JsonEditor }));

/** The call in an editor that marks what is wrong, to be mended and sent again. */
export function MendForm({ fate }: { fate: Fate }) {
  const sent = asText(fate.event);
  const [call, setCall] = useState(sent);
  const [round, setRound] = useState(0);
  const { faults, object: corrected } = useMemo(
    () => faultsOf(call, call === sent ? fate.reason : null, text.notObject),
    [call, sent, fate.reason],
  );
  const replay = useReplayOne(fate);
  const isChanged = call !== sent;
  const told = faults.at(0)?.message ?? null;
  return (
    <div className="formGap">
      <Why reason={fate.reason} />
      <div>
        <p className="editorLabel">{text.editor}</p>
        <p className="meta">{text.editorHint}</p>
      </div>
      <div className="jsonEditor">
        <Suspense fallback={<Skeleton height="100%" />}>
          <JsonEditor key={round} label={text.editor} initialText={call} onChange={setCall} faults={faults} />
        </Suspense>
      </div>
      <p className="editorFault bad" role="status">
        {isChanged ? told : null}
      </p>
      {replay.error !== null && <ProblemNote error={replay.error} keepsWritten />}
      {replay.data?.fate === "rejected" && (
        <p className="editorFault bad" role="alert">
          {text.again} {replay.data.reason?.message}
        </p>
      )}
      <div className="formActions">
        {isChanged && (
          <Button
            variant="subtle"
            h="var(--c360-target)"
            onClick={() => {
              setCall(sent);
              setRound(round + 1);
            }}
          >
            {text.undo}
          </Button>
        )}
        <Button
          h="var(--c360-target)"
          loading={replay.isPending}
          disabled={isChanged && corrected === null}
          onClick={() => replay.mutate(isChanged ? corrected : null)}
        >
          {text.send}
        </Button>
      </div>
    </div>
  );
}

function Why({ reason }: { reason: Fate["reason"] }) {
  return (
    <div className="mendReason" role="status">
      <p>
        <strong>{reason?.message}</strong>
      </p>
      {reason?.field !== undefined && <p className="meta mono">{reason.field}</p>}
    </div>
  );
}

/** Sends one call again, as it was (null) or corrected. */
function useReplayOne(fate: Fate) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Record<string, unknown> | null) =>
      api.post("/api/events/{messageId}/replay", {
        path: { messageId: fate.messageId },
        query: { source: fate.source },
        body,
      }),
    onSuccess: async (answer) => {
      queries.setQueryData(fateKey(fate), answer);
      await queries.invalidateQueries({ queryKey: rejectsKey });
    },
  });
}
