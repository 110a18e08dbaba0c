import { Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { words } from "../words/words.ts";

const tickMs = 100;

/** How long a query has been running; `startedAt` in UTC ms. */
export function RunClock({ startedAt }: { startedAt: number }) {
  const [now, setNow] = useState(startedAt);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="numbers runClock">
      <Loader size={14} aria-hidden />
      {words.query.running((Math.max(0, now - startedAt) / 1_000).toFixed(1))}
    </span>
  );
}
