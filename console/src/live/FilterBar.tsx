import { Button } from "@mantine/core";
import { useSources } from "../sources/sourceQueries.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import { EventFilter } from "./EventFilter.tsx";
import { FilterMenu } from "./FilterMenu.tsx";
import { filterStatuses, hasFilters, type LiveFilters } from "./filters.ts";

const text = words.live;

/** The server filters: a rare event is found among thousands of others. */
export function FilterBar({ filters, onChange }: { filters: LiveFilters; onChange: (next: LiveFilters) => void }) {
  const sources = useSources().data ?? [];
  const nameOf = (id: string): string => sources.find((source) => source.id === id)?.name ?? id;
  return (
    <div className="filterBar" role="group" aria-label={text.filters.label}>
      <FilterMenu
        label={text.filters.source}
        chosen={filters.sources}
        options={sources.map(({ id }) => id)}
        empty={text.filters.none}
        textOf={nameOf}
        renderOption={(id) => (
          <SourceMark kind={sources.find((source) => source.id === id)?.kind ?? ""} label={nameOf(id)} />
        )}
        onChange={(chosen) => onChange({ ...filters, sources: chosen })}
      />
      <EventFilter chosen={filters.events} onChange={(events) => onChange({ ...filters, events })} />
      <FilterMenu
        label={text.filters.status}
        chosen={filters.statuses}
        options={filterStatuses}
        textOf={(status) => text.status[status]}
        onChange={(statuses) => onChange({ ...filters, statuses })}
      />
      {hasFilters(filters) && (
        <Button
          variant="subtle"
          h="var(--c360-target)"
          onClick={() => onChange({ sources: [], events: [], statuses: [] })}
        >
          {text.filters.clear}
        </Button>
      )}
    </div>
  );
}
