import { IconCircleCheck, IconCircleDashed, IconClockPause, IconPlayerPause } from "@tabler/icons-react";
import { words } from "../words/words.ts";
import type { SourceState } from "./sourceHealth.ts";

const icons = { receiving: IconCircleCheck, quiet: IconClockPause, none: IconCircleDashed, disabled: IconPlayerPause };

/** The state by a word and an icon, the colour only beside them. */
export function StateWord({ state }: { state: SourceState }) {
  const Icon = icons[state];
  return (
    <span className={`stateWord ${state}`}>
      <Icon size={16} aria-hidden />
      {words.sources.state[state]}
    </span>
  );
}
