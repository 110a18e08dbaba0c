import { countText } from "../parts/countText.ts";
import { PublishDialog } from "../parts/PublishDialog.tsx";
import { words } from "../words/words.ts";
import { type RulesEffect, usePublish } from "./rulesQueries.ts";
import type { RulesDraft } from "./useDraft.ts";

const text = words.rules;

export interface Published {
  number: number;
  decided: boolean;
}

interface PublishProps {
  isOpen: boolean;
  onClose: () => void;
  draft: RulesDraft;
  /** That it would be. */
  number: number;
  /** Of this very draft; null where it was not tried out. */
  effect: RulesEffect | null;
  onPublished: (done: Published) => void;
}

/** Asks for a reason, having told what the draft would do. */
export function PublishRules({ isOpen, onClose, draft, number, effect, onPublished }: PublishProps) {
  const publish = usePublish();
  const { document } = draft.parsed;
  const close = (): void => {
    publish.reset();
    onClose();
  };
  const onPublish = (reason: string): void => {
    if (document === null) return;
    publish.mutate(
      { document, basedOn: draft.basedOn, reason },
      {
        onSuccess: ({ version, decided }) => {
          draft.discard();
          onPublished({ number: version.number, decided });
          onClose();
        },
      },
    );
  };
  return (
    <PublishDialog
      isOpen={isOpen}
      onClose={close}
      title={text.publishTitle(number)}
      onPublish={onPublish}
      isPending={publish.isPending}
      error={publish.error}
    >
      <p>{text.publishEffect}</p>
      <p className="numbers">{effectText(effect)}</p>
    </PublishDialog>
  );
}

function effectText(effect: RulesEffect | null): string {
  if (effect === null) return text.publishUntried;
  const { joins, splits, affected } = effect;
  return affected === 0 ? text.nobody : text.publishTold(countText(joins), countText(splits), countText(affected));
}
