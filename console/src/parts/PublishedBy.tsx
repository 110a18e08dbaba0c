import { words } from "../words/words.ts";
import { Time } from "./Time.tsx";

const text = words.document;

interface Published {
  /** Id of the token; null: nobody published it. */
  by: string | null;
  reason: string | null;
  publishedAt: string | null;
}

/** Since when a version is there, by whom and why. */
export function PublishedBy({ version: { by, reason, publishedAt } }: { version: Published }) {
  if (by === null) return <>{reason}</>;
  return (
    <>
      {text.since} <Time at={publishedAt} /> {text.byWhom(by)}
      {reason !== null && `: ${reason}`}
    </>
  );
}
