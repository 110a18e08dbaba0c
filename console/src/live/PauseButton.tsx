import { Button, Kbd } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { words } from "../words/words.ts";

const text = words.live;

/** What one comes to the page to do: hold it still, and let it go on. */
export function PauseButton({ isPaused, onToggle }: { isPaused: boolean; onToggle: () => void }) {
  const Icon = isPaused ? IconPlayerPlay : IconPlayerPause;
  return (
    <Button
      h="var(--c360-target)"
      onClick={onToggle}
      leftSection={<Icon size={16} />}
      rightSection={
        <Kbd size="xs" className="keyHint" aria-hidden>
          ␣
        </Kbd>
      }
    >
      {isPaused ? text.resume : text.pause}
    </Button>
  );
}
