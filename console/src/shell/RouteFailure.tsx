import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";
import { PageHead } from "../parts/PageHead.tsx";
import { words } from "../words/words.ts";

/** A lazy page whose file is gone: the platform was updated under an open tab. */
function isStale(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|module script|preload CSS/i.test(error.message);
}

/** What a route shows instead of itself when it throws. */
export function RouteFailure() {
  const error = useRouteError();
  return (
    <div role="alert">
      <PageHead title={words.crash.title} lead={isStale(error) ? words.crash.stale : words.crash.body} />
      {error instanceof Error && !isStale(error) && <p className="mono dimmed">{error.message}</p>}
      <Button h="var(--c360-target)" onClick={() => location.reload()}>
        {words.crash.reload}
      </Button>
    </div>
  );
}

export function MissingPage() {
  return (
    <>
      <PageHead title={words.crash.missingTitle} lead={words.crash.missingBody} />
      <Button component={Link} to="/" h="var(--c360-target)">
        {words.crash.home}
      </Button>
    </>
  );
}
