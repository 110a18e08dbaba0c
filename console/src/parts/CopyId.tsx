import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { words } from "../words/words.ts";

const shownMs = 2_000;

function useCopy(text: string) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), shownMs);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (): void => {
    void writeClipboard(text).then((isCopied) => setState(isCopied ? "copied" : "failed"));
  };
  return { state, copy };
}

/** Over plain HTTP, as in many shops' networks, browsers have no clipboard interface but the old command. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    const host = document.activeElement?.closest("[role=dialog]") ?? document.body;
    host.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

function told(state: "idle" | "copied" | "failed", what: string): string {
  if (state === "idle") return words.copy.copy(what);
  return state === "copied" ? words.copy.copied : words.copy.failed;
}

/** An id with a button that copies it. `what` names it: `profile id`. */
export function CopyId({ id, what }: { id: string; what: string }) {
  const { state, copy } = useCopy(id);
  return (
    <span className="copyId">
      <span className="mono wholeId">{id}</span>
      <Tooltip label={told(state, what)}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="var(--c360-target)"
          onClick={copy}
          aria-label={told(state, what)}
        >
          {state === "copied" ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
      <span className="visuallyHidden" role="status">
        {state === "idle" ? "" : told(state, what)}
      </span>
    </span>
  );
}

/** A button that copies something longer; `isMain`: what one comes to the page to do. */
export function CopyButton({ text, what, isMain = false }: { text: string; what: string; isMain?: boolean }) {
  const { state, copy } = useCopy(text);
  return (
    <Button
      variant={isMain ? "filled" : "default"}
      size="xs"
      h="var(--c360-target)"
      onClick={copy}
      leftSection={state === "copied" ? <IconCheck size={14} /> : <IconCopy size={14} />}
    >
      <span role="status">{told(state, what)}</span>
    </Button>
  );
}
