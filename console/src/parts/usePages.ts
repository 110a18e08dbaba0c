import {
  hashKey,
  type InfiniteData,
  type QueryFunctionContext,
  type QueryKey,
  useInfiniteQuery,
  type UseInfiniteQueryOptions,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import { useState } from "react";
import { refusalOf } from "../api/problem.ts";

/** One of a list's pages; `next`: what the one after it is asked for by, null at the last. */
interface Page {
  next: string | null;
}

type Options<P> = Omit<
  UseInfiniteQueryOptions<P, Error, InfiniteData<P, string | null>, QueryKey, string | null>,
  "queryFn" | "select" | "initialPageParam" | "getNextPageParam"
> & { queryFn: (context: QueryFunctionContext<QueryKey, string | null>) => Promise<P> };

/**
 * A list that comes by pages on demand. `error` is of the list, `nextPageError` of the page after those that are here;
 * the latter stays while the list is asked for anew by itself, until that page comes, no more is to come, or the list
 * is another one or asked for by `refetch`. A page that may not be seen is an `error` of the list, as long as it says so.
 */
export function usePages<P extends Page>(options: Options<P>) {
  const query = useInfiniteQuery({
    ...options,
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }: P) => next,
  });
  const { error: missing, forget } = useNextPageError(query, hashKey(options.queryKey));
  const refetch: typeof query.refetch = (how) => {
    forget();
    return query.refetch(how);
  };
  return { ...query, refetch, error: query.error === missing ? null : query.error, nextPageError: missing };
}

/** Which page did not come: the one after so many pages of the list of `key`. */
interface Missing {
  key: string;
  pages: number;
  error: Error | null;
}

/** TanStack forgets that an error was the next page's with the first thing that is asked for after it. */
function useNextPageError(query: UseInfiniteQueryResult<InfiniteData<unknown>>, key: string) {
  const [missing, setMissing] = useState<Missing>({ key: "", pages: 0, error: null });
  const pages = query.data?.pages.length ?? 0;
  const isKnown = missing.key === key;
  const kept = isKnown && query.hasNextPage && missing.pages === pages ? missing.error : null;
  // While the page is asked for again, the error may be one of the list that came in between.
  const isTold = query.isFetchNextPageError && !(isKnown && query.isFetchingNextPage);
  const told = isTold ? query.error : kept;
  // Whoever may not see the next page may see none of the list: it is the list's, until that says otherwise.
  const error = refusalOf(told) === null ? told : null;
  if (!isKnown || missing.error !== error) setMissing({ key, pages, error });
  return { error, forget: (): void => setMissing({ key, pages, error: null }) };
}
