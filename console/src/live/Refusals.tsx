import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { api } from "../api/client.ts";
import { countText } from "../parts/countText.ts";
import { NextPage } from "../parts/NextPage.tsx";
import { Panel } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { usePages } from "../parts/usePages.ts";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import type { Rates } from "./messages.ts";
import { withOpened } from "./openEvent.ts";
import { grouped, reasonText, type RefusalGroup, type Rejection } from "./refusals.ts";

const text = words.live.refusals;
const pageItems = 50;
const refreshMs = 15_000;
const minRefetchMs = 2_000;
const reservedHeight = 216;
export const refusalsKey = ["refusals"] as const;

function useRefusals(source: string | null) {
  return usePages({
    queryKey: [...refusalsKey, source],
    queryFn: ({ signal, pageParam }) =>
      api.get("/api/rejections", {
        query: {
          limit: pageItems,
          ...(source === null ? {} : { source }),
          ...(pageParam === null ? {} : { after: pageParam }),
        },
        signal,
      }),
    refetchInterval: refreshMs,
  });
}

/**
 * Asks again when the stream tells of refusals: at once, and a little later, for what was told before it could be
 * asked for. At most every two seconds.
 */
function useRefresh(rates: readonly Rates[]): void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = rates.at(-1);
  useEffect(() => {
    if (latest === undefined || latest.rejected === 0 || timer.current !== undefined) return;
    // A next page that is under way is what somebody asked for.
    const ask = (): void => void queries.invalidateQueries({ queryKey: refusalsKey }, { cancelRefetch: false });
    ask();
    timer.current = setTimeout(() => {
      timer.current = undefined;
      ask();
    }, minRefetchMs);
  }, [latest, queries]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}

/** What was refused lately, by source and reason. `sources`: the page's filter; empty: all. */
export function Refusals({ sources, rates }: { sources: readonly string[]; rates: readonly Rates[] }) {
  const [only] = sources.length === 1 ? sources : [];
  const refusals = useRefusals(only ?? null);
  useRefresh(rates);
  const items = refusals.data?.pages.flatMap((page) => page.items);
  const wanted = items?.filter(({ source }) => sources.length === 0 || sources.includes(source));
  return (
    <Panel
      title={text.title}
      query={{ ...refusals, data: wanted }}
      height={reservedHeight}
      isEmpty={(all) => all.length === 0 && !refusals.hasNextPage}
      empty={
        <>
          <p className="stateTitle">{text.emptyTitle}</p>
          <p className="dimmed">{text.empty}</p>
        </>
      }
    >
      {(all) => (
        <>
          <ul className="refusals">
            {grouped(all).map((group) => (
              <Group key={`${group.source} ${group.code}`} group={group} />
            ))}
          </ul>
          <NextPage query={refusals} label={text.more} />
        </>
      )}
    </Panel>
  );
}

function Group({ group: { source, sourceKind, code, items } }: { group: RefusalGroup }) {
  const sources = useSources().data ?? [];
  const [newest] = items;
  if (newest === undefined) return null;
  const name = sources.find(({ id }) => id === source)?.name ?? source;
  return (
    <li>
      <details>
        <summary>
          <span className="refusalHead">
            <SourceMark kind={sourceKind ?? ""} label={name} />
            <span className="numbers">{text.count(countText(items.length))}</span>
          </span>
          <span className="refusalCode">{reasonText(code)}</span>
        </summary>
        <p className="dimmed">
          {newest.reason} <Link to={`/rejects/${encodeURIComponent(newest.cause)}`}>{words.rejects.toCause}</Link>
        </p>
        <ul>
          {items.map((item) => (
            <li key={`${item.messageId} ${item.receivedAt}`}>
              <Refusal item={item} />
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}

function Refusal({ item }: { item: Rejection }) {
  const [search] = useSearchParams();
  return (
    <span className="refusal">
      <Link to={{ search: withOpened(search, item).toString() }} replace={search.has("open")} preventScrollReset>
        {whatOf(item.event)}
      </Link>
      {item.mended && <span className="meta">{text.mended}</span>}
      <span className="meta">
        <Time at={item.receivedAt} />
      </span>
    </span>
  );
}

/** Calls of these types are told by their names. */
const namedTypes = new Set(["track", "page", "screen"]);

function whatOf(event: Rejection["event"]): string {
  if (typeof event !== "object" || event === null) return text.noType;
  const [name, type] = [event["event"] ?? event["name"], event["type"]];
  if (typeof name === "string" && name !== "") return name;
  if (typeof type !== "string" || type === "") return text.noType;
  return namedTypes.has(type.toLowerCase()) ? text.noName(type) : type;
}
