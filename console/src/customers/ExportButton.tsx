import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { countText } from "../parts/countText.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { saveFile } from "../parts/saveFile.ts";
import { words } from "../words/words.ts";
import { fetchCsv, type SearchAnswer } from "./customerSearch.ts";
import { totalText } from "./totalText.ts";
import type { CustomersView } from "./view.ts";

const text = words.customers;
const maxExportRows = 50_000;

/** A file of all rows of the view, as the platform writes it. */
export function ExportButton({ view, first }: { view: CustomersView; first: SearchAnswer | undefined }) {
  const [state, setState] = useState<{ isBusy: boolean; error: unknown; isCut: boolean }>({
    isBusy: false,
    error: null,
    isCut: false,
  });
  const save = async (): Promise<void> => {
    setState({ isBusy: true, error: null, isCut: false });
    try {
      const { file, isCut } = await fetchCsv(view);
      saveFile("customers.csv", file);
      setState({ isBusy: false, error: null, isCut });
    } catch (error) {
      setState({ isBusy: false, error, isCut: false });
    }
  };
  return (
    <div className="exportBox">
      <Button
        variant="default"
        h="var(--c360-target)"
        leftSection={<IconDownload size={14} />}
        loading={state.isBusy}
        disabled={first === undefined || first.total.value === 0}
        onClick={() => void save()}
        aria-label={text.csvLabel(totalText(first))}
      >
        {text.csv}
      </Button>
      {state.isCut && (
        <p className="meta" role="status">
          {text.csvCut(countText(maxExportRows))}
        </p>
      )}
      {state.error !== null && <ProblemNote error={state.error} />}
    </div>
  );
}
