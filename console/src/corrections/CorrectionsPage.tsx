import { Button, NativeSelect } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { NextPage } from "../parts/NextPage.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { AskProvider } from "./AskProvider.tsx";
import { CorrectionItem } from "./CorrectionItem.tsx";
import { useCorrections, useTokenNames } from "./correctionQueries.ts";
import { type CorrectionFilters, readFilters, withFilters } from "./filters.ts";
import "./corrections.css";

const text = words.corrections;
const reservedHeight = 584;
const rowHeight = { wide: 73, phone: 113 };

/** Who said what of who is who, and does it hold? */
export function CorrectionsPage() {
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const corrections = useCorrections(filters);
  const items = corrections.data?.pages.flatMap((page) => page.items);
  const isFiltered = Object.values(filters).some((value) => value !== null);
  const change = (changed: Partial<CorrectionFilters>): void =>
    setSearch(withFilters({ ...filters, ...changed }), { replace: true });
  return (
    <AskProvider>
      <PageHead title={text.title} lead={text.lead} />
      <Filters filters={filters} onChange={change} />
      <Panel
        title={null}
        label={text.title}
        query={{ ...corrections, data: items }}
        height={reservedHeight}
        rowHeight={rowHeight}
        isEmpty={(all) => all.length === 0}
        empty={<Nothing isFiltered={isFiltered} onClear={() => setSearch(new URLSearchParams(), { replace: true })} />}
      >
        {(all) => (
          <>
            <ul className="correctionItems">
              {all.map((correction) => (
                <CorrectionItem key={correction.id} correction={correction} />
              ))}
            </ul>
            <NextPage query={corrections} label={text.list.earlier} />
          </>
        )}
      </Panel>
    </AskProvider>
  );
}

interface FiltersProps {
  filters: CorrectionFilters;
  onChange: (changed: Partial<CorrectionFilters>) => void;
}

function Filters({ filters: { verdict, by, profile }, onChange }: FiltersProps) {
  const names = useTokenNames();
  const known = new Map([["administrator", text.administrator], ...names]);
  if (by !== null && !known.has(by)) known.set(by, by);
  return (
    <div className="correctionFilters" role="group" aria-label={text.list.filters}>
      <NativeSelect
        aria-label={text.list.verdict}
        value={verdict ?? ""}
        data={[
          { value: "", label: text.list.anyVerdict },
          ...(["same", "different", "withdrawn"] as const).map((value) => ({ value, label: text.verdicts[value] })),
        ]}
        onChange={({ currentTarget: { value } }) =>
          onChange({ verdict: value === "same" || value === "different" || value === "withdrawn" ? value : null })
        }
      />
      <NativeSelect
        aria-label={text.list.who}
        value={by ?? ""}
        data={[{ value: "", label: text.list.anyone }, ...[...known].map(([value, label]) => ({ value, label }))]}
        onChange={({ currentTarget: { value } }) => onChange({ by: value === "" ? null : value })}
      />
      {profile !== null && (
        <Button variant="default" h="var(--c360-target)" onClick={() => onChange({ profile: null })}>
          {text.list.ofCustomer} ✕
        </Button>
      )}
    </div>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  return (
    <>
      <p>{isFiltered ? text.list.emptyFiltered : text.list.empty}</p>
      {isFiltered ? (
        <Button variant="default" h="var(--c360-target)" onClick={onClear}>
          {text.list.clear}
        </Button>
      ) : (
        <Button component={Link} to="/customers" variant="default" h="var(--c360-target)">
          {text.list.toCustomers}
        </Button>
      )}
    </>
  );
}
