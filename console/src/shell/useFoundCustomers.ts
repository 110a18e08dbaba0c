import { useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { api } from "../api/client.ts";
import { refusalOf } from "../api/problem.ts";
import type { FoundCustomer } from "../customers/customerSearch.ts";
import { isAsked } from "../customers/view.ts";

const debounceMs = 150;
const maxCustomers = 6;
const fields = "displayName,matched,city,sources,revenue,lastSeenAt";

export interface FoundCustomers {
  items: readonly FoundCustomer[];
  /** There are more than `items`. */
  hasMore: boolean;
  /** The answer for what stands there is still to come. */
  isPending: boolean;
  error: Error | null;
}

/**
 * Customers for the words that are typed, from two characters on, when no key was pressed for a moment. Typing on takes
 * a question back that is under way; nothing is shown for other words than those that stand there.
 */
export function useFoundCustomers(typed: string): FoundCustomers {
  const words = typed.trim();
  const [settled] = useDebouncedValue(words, debounceMs);
  const isSettled = settled === words;
  const found = useQuery({
    // Another key as soon as one types on: that aborts the question before.
    queryKey: ["palette", "customers", isSettled ? settled : null],
    queryFn: ({ signal }) =>
      api.post("/api/profiles/search", { body: { q: settled, limit: maxCustomers, fields }, signal }),
    enabled: isAsked(settled) && isSettled,
  });
  if (!isAsked(words)) return { items: [], hasMore: false, isPending: false, error: null };
  if (!isSettled) return { items: [], hasMore: false, isPending: true, error: null };
  const seen = refusalOf(found.error) === null ? found.data : undefined;
  return {
    items: seen?.items ?? [],
    hasMore: (seen?.next ?? null) !== null,
    isPending: found.isPending,
    error: found.error,
  };
}
