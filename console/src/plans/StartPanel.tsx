import { Button } from "@mantine/core";
import type { JsonDocument } from "../parts/jsonDocument.ts";
import { Panel } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { settled } from "../parts/settled.ts";
import { words } from "../words/words.ts";
import { planExample } from "./planExample.ts";
import { planFrom } from "./planFrom.ts";
import { useSeenShapes } from "./planQueries.ts";

const text = words.plans;

/** Where to begin without a plan: at what was sent, or at an example. */
export function StartPanel({ source, onStart }: { source: string; onStart: (document: JsonDocument) => void }) {
  const seen = useSeenShapes(source);
  const onFrom = (): void =>
    seen.mutate(undefined, {
      onSuccess: (shapes) => {
        if (shapes.length > 0) onStart(planFrom(shapes));
      },
    });
  return (
    <Panel title={text.startTitle} query={settled(seen)} height={0}>
      {() => (
        <div className="formGap planStart">
          <p>{text.start}</p>
          {seen.error !== null && <ProblemNote error={seen.error} />}
          {seen.data?.length === 0 && <p role="status">{text.startNothing}</p>}
          <div className="planStartActions">
            <Button h="var(--c360-target)" loading={seen.isPending} onClick={onFrom}>
              {text.startFrom}
            </Button>
            <Button variant="default" h="var(--c360-target)" onClick={() => onStart(planExample)}>
              {text.startExample}
            </Button>
          </div>
        </div>
      )}
    </Panel>
  );
}
