import { Button } from "@mantine/core";
import { ProblemNote } from "./ProblemNote.tsx";

/** What it needs of a list that comes by pages; TanStack's results fit. */
export interface PagedQuery {
  error: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
}

interface NextPageProps {
  query: PagedQuery;
  label: string;
  className?: string;
}

/** At the end of a list: the way to the next page, or why it did not come, which its panel then leaves to this. */
export function NextPage({ query, label, className }: NextPageProps) {
  const { error, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  const onMore = (): void => void fetchNextPage();
  if (isFetchNextPageError) return <ProblemNote error={error} what="see" onRetry={onMore} keepsData />;
  if (!hasNextPage) return null;
  return (
    <Button
      variant="default"
      h="var(--c360-target)"
      {...(className === undefined ? {} : { className })}
      loading={isFetchingNextPage}
      onClick={onMore}
      data-no-print
    >
      {label}
    </Button>
  );
}
