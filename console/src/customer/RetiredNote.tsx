import { CloseButton } from "@mantine/core";
import { IconArrowMerge } from "@tabler/icons-react";
import { useLocation, useNavigate } from "react-router";
import { words } from "../words/words.ts";

/** The retired id that led here; null when none did. */
export function retiredIn(state: unknown): string | null {
  if (typeof state !== "object" || state === null || !("retired" in state)) return null;
  return typeof state.retired === "string" ? state.retired : null;
}

/** Why the address is another than the one that was asked for. */
export function RetiredNote({ id }: { id: string }) {
  const navigate = useNavigate();
  const { pathname, search, hash } = useLocation();
  return (
    <div className="panel customerNote" role="status">
      <IconArrowMerge size={18} aria-hidden />
      <p>{words.customer.retired(id)}</p>
      <CloseButton
        aria-label={words.customer.dismiss}
        size="var(--c360-target)"
        onClick={() => void navigate({ pathname, search, hash }, { replace: true, preventScrollReset: true })}
      />
    </div>
  );
}
