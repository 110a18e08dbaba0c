import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "../api/client.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { type Fate, fateKey } from "./EventDetails.tsx";
import { asText, correctedCall } from "./refusals.ts";
import { refusalsKey } from "./Refusals.tsx";

const text = words.live;
const maxRows = 20;
const minRows = 8;

/** Why a call was refused, and the call itself, to be corrected and sent again. */
export function RefusedCall({ fate }: { fate: Fate }) {
  return (
    <>
      <div className="refusedWhy" role="status">
        <p>
          <strong>{fate.reason?.message}</strong>
        </p>
        <p className="meta">
          {text.details.code} <span className="mono">{fate.reason?.code}</span>
          {fate.reason?.field !== undefined && (
            <>
              {" · "}
              {text.details.field} <span className="mono">{fate.reason.field}</span>
            </>
          )}
        </p>
      </div>
      <h3>{text.replay.title}</h3>
      <ReplayForm key={asText(fate.event)} fate={fate} />
    </>
  );
}

function ReplayForm({ fate }: { fate: Fate }) {
  const queries = useQueryClient();
  const sent = asText(fate.event);
  const [call, setCall] = useState(sent);
  const [fault, setFault] = useState<string | null>(null);
  const replay = useMutation({
    mutationFn: (body: Record<string, unknown> | null) =>
      api.post("/api/events/{messageId}/replay", {
        path: { messageId: fate.messageId },
        query: { source: fate.source },
        body,
      }),
    onSuccess: async (answer) => {
      queries.setQueryData(fateKey(fate), answer);
      await queries.invalidateQueries({ queryKey: refusalsKey });
    },
  });
  const check = (written = call): ReturnType<typeof correctedCall> => {
    const corrected = correctedCall(written);
    setFault(faultOf(corrected));
    return corrected;
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (call === sent) return replay.mutate(null);
    const corrected = check();
    if ("call" in corrected) replay.mutate(corrected.call);
  };
  return (
    <form onSubmit={submit} className="replayForm">
      <Textarea
        label={text.replay.call}
        description={text.replay.hint}
        value={call}
        onChange={({ currentTarget: { value } }) => {
          setCall(value);
          // At once, not on leaving: a note that goes as the button is pressed would move it from under the pointer.
          if (fault !== null) check(value);
        }}
        onBlur={() => call !== sent && check()}
        error={fault}
        rows={Math.min(maxRows, Math.max(minRows, call.split("\n").length))}
        classNames={{ input: "mono replayCall" }}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
      />
      {replay.error !== null && <ProblemNote error={replay.error} keepsWritten />}
      {replay.data?.fate === "rejected" && <p role="alert">{text.replay.again}.</p>}
      <div className="formActions">
        {call !== sent && (
          <Button variant="subtle" h="var(--c360-target)" onClick={() => (setCall(sent), setFault(null))}>
            {text.replay.undo}
          </Button>
        )}
        <Button type="submit" h="var(--c360-target)" loading={replay.isPending}>
          {text.replay.send}
        </Button>
      </div>
    </form>
  );
}

function faultOf(corrected: ReturnType<typeof correctedCall>): string | null {
  if ("call" in corrected) return null;
  return corrected.fault === "shape" ? text.replay.shape : `${text.replay.syntax} ${corrected.detail}`;
}
