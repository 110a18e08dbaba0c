import { asProblem } from "../api/problem.ts";
import { countText } from "../parts/countText.ts";
import { PublishDialog } from "../parts/PublishDialog.tsx";
import { words } from "../words/words.ts";
import { type PlanCheck, type PlanVersion, usePublishPlan } from "./planQueries.ts";
import { factsOf } from "./planText.ts";
import type { PlanDraft } from "./usePlanDraft.ts";

const text = words.plans;

interface PublishProps {
  isOpen: boolean;
  onClose: () => void;
  current: PlanVersion;
  draft: PlanDraft;
  /** Of this very draft; null where it was not checked. */
  checked: PlanCheck | null;
  /** The document is wrong: it says where. */
  onRefused: (error: Error) => void;
  onPublished: () => void;
}

/** What the plan will do, and why it does: then it holds. */
export function PublishPlan({ isOpen, onClose, current, draft, checked, onRefused, onPublished }: PublishProps) {
  const publish = usePublishPlan(current.source, onPublished);
  const { document, basedOn } = draft;
  if (document === null) return null;
  const close = (): void => {
    publish.reset();
    onClose();
  };
  const onPublish = (reason: string): void =>
    publish.mutate(
      { document, basedOn, reason },
      {
        onError: (error) => {
          if (asProblem(error).code === "tracking_plan_invalid") onRefused(error);
        },
      },
    );
  return (
    <PublishDialog
      isOpen={isOpen}
      onClose={close}
      title={text.publishTitle(current.version + 1)}
      onPublish={onPublish}
      isPending={publish.isPending}
      error={publish.error}
    >
      <Effect current={current} draft={document} />
      <p className="numbers">{checkedText(checked)}</p>
    </PublishDialog>
  );
}

/** What becomes of what breaks it, and what became of it until now. */
function Effect({ current, draft }: { current: PlanVersion; draft: Record<string, unknown> }) {
  const { mode, unplanned } = factsOf(draft);
  const before = current.document === null ? null : factsOf(current.document);
  const changed = (was: string | undefined, is: string): string =>
    was === undefined || was === is ? is : text.arrow(was, is);
  return (
    <>
      <p>{text.publishEffect}</p>
      <dl className="facts planFacts">
        <div>
          <dt>{text.modeFact}</dt>
          <dd>
            {changed(before === null ? undefined : text.modes[before.mode], text.modes[mode])}
            <span className="planTold">{text.modeTold[mode]}</span>
          </dd>
        </div>
        <div>
          <dt>{text.unplannedFact}</dt>
          <dd>
            {changed(before === null ? undefined : text.unplanned[before.unplanned], text.unplanned[unplanned])}
            <span className="planTold">{text.unplannedTold[unplanned]}</span>
          </dd>
        </div>
      </dl>
    </>
  );
}

function checkedText(checked: PlanCheck | null): string {
  if (checked === null) return text.publishUnchecked;
  const { judged, conforming, rejected } = checked;
  return text.publishTold(countText(judged - conforming), countText(judged), countText(rejected));
}
