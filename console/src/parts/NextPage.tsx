import { Button } from "@mantine/core";
import { ProblemNote } from "./ProblemNote.tsx";

/** What it needs of a list that comes by pages; what `usePages` gives fits. */
export interface PagedQuery {
  nextPageError: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

interface NextPageProps {
  query: PagedQuery;
  label: string;
  className?: string;
}

/** At the end of a list: the way to the next page, or why it did not come. */
export function NextPage({ query, label, className }: NextPageProps) {
  const { nextPageError, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const onMore = (): void => void fetchNextPage();
  if (nextPageError !== null) {
    return <ProblemNote error={nextPageError} what="see" onRetry={onMore} isRetrying={isFetchingNextPage} />;
  }
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
