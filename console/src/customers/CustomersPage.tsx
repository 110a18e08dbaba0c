import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDownload, IconRefresh, IconSearch, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { countText } from "../parts/countText.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { saveFile } from "../parts/saveFile.ts";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { CustomerRows, type RowsHandle } from "./CustomerRows.tsx";
import { fetchCsv, type SearchAnswer, useCustomerSearch } from "./customerSearch.ts";
import { FilterBar } from "./FilterBar.tsx";
import { addressOf, type CustomersView, isAsked, isFiltered, readView } from "./view.ts";
import "./customers.css";

const text = words.customers;
const debounceMs = 150;
const reservedHeight = 480;
const maxExportRows = 50_000;

/** Is this the person? */
export function CustomersPage() {
  const { search, hash } = useLocation();
  const navigate = useNavigate();
  const view = readView(search, hash);
  const change = (changed: Partial<CustomersView>): void =>
    void navigate(addressOf({ ...view, ...changed }), { replace: true, preventScrollReset: true });
  const [askedFor] = useDebouncedValue(view.q, debounceMs);
  const asked = { ...view, q: view.q === "" ? "" : askedFor };
  const found = useCustomerSearch(asked);
  const rows = useRef<RowsHandle>(null);
  const pages = found.data?.pages ?? [];
  const first = pages[0];
  const items = pages.flatMap((page) => page.items);
  return (
    <div className="customersPage">
      <PageHead title={words.pages.customers} lead={text.lead} actions={<ExportButton view={asked} first={first} />} />
      <SearchField view={view} onChange={change} onKey={(key) => rows.current?.take(key) ?? false} />
      <FilterBar view={view} onChange={change} />
      <Facts view={view} first={first} isFetching={found.isFetching} onRefresh={() => void found.refetch()} />
      <section className="panel customersPanel" aria-label={text.rowsLabel} aria-busy={found.isPlaceholderData}>
        <PanelStates
          query={{ ...found, data: first }}
          height={reservedHeight}
          isEmpty={() => items.length === 0}
          empty={<Nobody view={asked} suggestions={first?.suggestions ?? []} onChange={change} />}
        >
          {() => (
            <CustomerRows
              ref={rows}
              key={JSON.stringify(addressOf(asked))}
              items={items}
              hasMore={found.hasNextPage}
              isFailing={found.isFetchNextPageError}
              isLoading={found.isFetchingNextPage}
              onMore={() => void found.fetchNextPage()}
            />
          )}
        </PanelStates>
      </section>
    </div>
  );
}

interface ViewProps {
  view: CustomersView;
  onChange: (change: Partial<CustomersView>) => void;
}

/** Arrows and Enter go to the rows while it is typed in. */
function SearchField({ view, onChange, onKey }: ViewProps & { onKey: (key: string) => boolean }) {
  const field = useRef<HTMLInputElement>(null);
  const take = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && view.q === "") field.current?.blur();
    else if (event.key === "Escape") onChange({ q: "" });
    else if (!onKey(event.key)) return;
    event.preventDefault();
  };
  const clear = (): void => {
    onChange({ q: "" });
    field.current?.focus();
  };
  return (
    <TextInput
      ref={field}
      size="md"
      type="text"
      inputMode="search"
      enterKeyHint="search"
      autoComplete="off"
      spellCheck={false}
      data-page-search
      aria-label={text.search}
      placeholder={text.placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        view.q === "" ? null : (
          <ActionIcon variant="subtle" color="gray" onClick={clear} aria-label={text.clearSearch}>
            <IconX size={16} />
          </ActionIcon>
        )
      }
      maxLength={200}
      value={view.q}
      onChange={(event) => onChange({ q: event.currentTarget.value })}
      onKeyDown={take}
    />
  );
}

interface FactsProps {
  view: CustomersView;
  first: SearchAnswer | undefined;
  isFetching: boolean;
  onRefresh: () => void;
}

function Facts({ view, first, isFetching, onRefresh }: FactsProps) {
  const isTyping = view.q.trim() !== "" && !isAsked(view.q);
  return (
    <div className="customersFacts">
      <span role="status" className="numbers">
        {isTyping ? text.oneCharacter : totalText(first)}
      </span>
      {first !== undefined && (
        <span className="dimmed">
          {text.asOf} <Time at={first.asOf} />
        </span>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="var(--c360-target)"
        onClick={onRefresh}
        loading={isFetching}
        aria-label={text.refresh}
      >
        <IconRefresh size={16} />
      </ActionIcon>
      {!isAsked(view.q) && <span className="dimmed recents">{text.recents}</span>}
    </div>
  );
}

function totalText(first: SearchAnswer | undefined): string {
  if (first === undefined) return words.states.loading;
  const { value, exact } = first.total;
  return value === 1 && exact ? text.one : text.total(countText(value), exact);
}

/** Why there is nobody, and what would help. */
function Nobody({ view, suggestions, onChange }: ViewProps & { suggestions: readonly string[] }) {
  const why = isAsked(view.q) ? text.none(view.q.trim()) : isFiltered(view) ? text.noneFiltered : text.noneHere;
  return (
    <>
      <p className="stateTitle">{text.noneTitle}</p>
      <p>{why}</p>
      {suggestions.length > 0 && (
        <>
          <p>{text.near}</p>
          <div className="suggestions">
            {suggestions.map((spelling) => (
              <Button key={spelling} variant="light" h="var(--c360-target)" onClick={() => onChange({ q: spelling })}>
                {spelling}
              </Button>
            ))}
          </div>
        </>
      )}
      {isFiltered(view) && (
        <Button
          variant="default"
          h="var(--c360-target)"
          onClick={() => onChange({ source: null, minRevenue: null, consent: null, seenWithin: null })}
        >
          {text.filters.clear}
        </Button>
      )}
      {!isAsked(view.q) && !isFiltered(view) && (
        <Button variant="default" h="var(--c360-target)" component={Link} to="/sources">
          {text.toSources}
        </Button>
      )}
    </>
  );
}

/** A file of all rows of the view, as the platform writes it. */
function ExportButton({ view, first }: { view: CustomersView; first: SearchAnswer | undefined }) {
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
