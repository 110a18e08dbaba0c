import { ActionIcon, Button } from "@mantine/core";
import { IconArrowMerge, IconRefresh } from "@tabler/icons-react";
import { useMemo, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { AskProvider } from "../corrections/AskProvider.tsx";
import { useAsk } from "../corrections/asked.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { CustomerRows, type RowsHandle } from "./CustomerRows.tsx";
import { CustomersComing } from "./CustomersComing.tsx";
import { type SearchAnswer, useCustomerSearch } from "./customerSearch.ts";
import { ExportButton } from "./ExportButton.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { Nobody } from "./Nobody.tsx";
import { SearchField, useEnter, useTypedWords } from "./SearchField.tsx";
import { totalText } from "./totalText.ts";
import { addressOf, type CustomersView, isAsked, readView } from "./view.ts";
import "./customers.css";

const text = words.customers;

/** Is this the person? */
export function CustomersPage() {
  const { search, hash } = useLocation();
  const navigate = useNavigate();
  const view = readView(search, hash);
  const change = (changed: Partial<CustomersView>): void =>
    void navigate(addressOf({ ...view, ...changed }), { replace: true, preventScrollReset: true });
  const typed = useTypedWords(view.q, (q) => change({ q }));
  const found = useCustomerSearch(view);
  const rows = useRef<RowsHandle>(null);
  const isCurrent = typed.words === view.q && !found.isPlaceholderData && found.data !== undefined;
  const enter = useEnter(isCurrent, () => rows.current?.take("Enter"));
  const take = (key: string): boolean => (key === "Enter" ? enter.press() : (rows.current?.take(key) ?? false));
  const pages = found.data?.pages;
  const first = pages?.[0];
  const items = useMemo(() => (pages ?? []).flatMap((page) => page.items), [pages]);
  return (
    <AskProvider>
      <div className="customersPage">
        <PageHead
          title={words.pages.customers}
          lead={text.lead}
          actions={
            <>
              <ExportButton view={view} first={first} />
              <MergeButton />
            </>
          }
        />
        <SearchField words={typed.words} onChange={(words) => (enter.forget(), typed.setWords(words))} onKey={take} />
        <FilterBar view={view} onChange={change} />
        <Facts words={typed.words} first={first} isFetching={found.isFetching} onRefresh={() => void found.refetch()} />
        <div className="panel customersPanel" aria-busy={found.isPlaceholderData}>
          <PanelStates
            query={{ ...found, ...nextPageTold(found), data: first }}
            height={0}
            waiting={<CustomersComing />}
            isEmpty={() => items.length === 0}
            empty={<Nobody view={view} suggestions={first?.suggestions ?? []} onChange={change} />}
          >
            {() => (
              <CustomerRows
                ref={rows}
                key={JSON.stringify(addressOf(view))}
                items={items}
                hasMore={found.hasNextPage}
                isFailing={found.nextPageError !== null}
                isLoading={found.isFetchingNextPage}
                onMore={() => void found.fetchNextPage()}
              />
            )}
          </PanelStates>
        </div>
      </div>
    </AskProvider>
  );
}

/** The list's end is far below what is seen: a next page that does not come is told above the rows. */
function nextPageTold({ error, nextPageError, fetchNextPage, refetch }: ReturnType<typeof useCustomerSearch>) {
  return error === null && nextPageError !== null
    ? { error: nextPageError, refetch: fetchNextPage }
    : { error, refetch };
}

function MergeButton() {
  const ask = useAsk();
  return (
    <Button
      h="var(--c360-target)"
      leftSection={<IconArrowMerge size={16} />}
      onClick={() => ask({ step: "first" })}
      data-no-print
    >
      {words.corrections.menu.mergeTwo}
    </Button>
  );
}

interface FactsProps {
  words: string;
  first: SearchAnswer | undefined;
  isFetching: boolean;
  onRefresh: () => void;
}

function Facts({ words: typed, first, isFetching, onRefresh }: FactsProps) {
  const isTyping = typed.trim() !== "" && !isAsked(typed);
  return (
    <div className="customersFacts">
      <span role="status" className="numbers">
        {isTyping ? text.oneCharacter : first === undefined && !isFetching ? "" : totalText(first)}
      </span>
      {first !== undefined && (
        <span className="dimmed">
          {text.asOf} <Time at={first.asOf} />
        </span>
      )}
      {(first !== undefined || isFetching) && (
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
      )}
      {first !== undefined && first.total.value > 0 && !isAsked(typed) && (
        <span className="dimmed recents">{text.recents}</span>
      )}
    </div>
  );
}
