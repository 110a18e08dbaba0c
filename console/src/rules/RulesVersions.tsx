import { Button } from "@mantine/core";
import { useState } from "react";
import { VersionsPanel } from "../parts/VersionsPanel.tsx";
import { words } from "../words/words.ts";
import { type RulesList, useOlderRules } from "./rulesQueries.ts";

/** Who published which rules, when and why; older ones a page at a time. */
export function RulesVersions({ list }: { list: RulesList }) {
  const [after, setAfter] = useState<string | null>(null);
  const older = useOlderRules(after);
  const page = after === null ? list : (older.data ?? list);
  const rows = page.items.map((version) => ({ ...version, to: `/rules/${version.number}` }));
  const { next } = page;
  return (
    <VersionsPanel
      title={words.rules.versionsTitle}
      query={{ data: rows, error: after === null ? null : older.error, isPending: false, refetch: older.refetch }}
      height={0}
      older={
        next !== null && (
          <Button variant="default" h="var(--c360-target)" onClick={() => setAfter(next)}>
            {words.document.older}
          </Button>
        )
      }
    />
  );
}
