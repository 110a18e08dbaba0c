import { type ComponentType, lazy, Suspense } from "react";
import type { RouteObject } from "react-router";
import { Home } from "./shell/Home.tsx";
import { MissingPage, RouteFailure } from "./shell/RouteFailure.tsx";
import { Shell } from "./shell/Shell.tsx";
import { SignInPage } from "./signIn/SignInPage.tsx";

interface Page {
  path: string;
  /** Called when the page is opened: each is in a chunk of its own. */
  lazy: () => Promise<{ Component: ComponentType }>;
}

const pages: readonly Page[] = [
  { path: "live", lazy: async () => ({ Component: (await import("./live/LivePage.tsx")).LivePage }) },
  {
    path: "customers",
    lazy: async () => ({ Component: (await import("./customers/CustomersPage.tsx")).CustomersPage }),
  },
  {
    path: "customers/:id",
    lazy: async () => ({ Component: (await import("./customer/CustomerPage.tsx")).CustomerPage }),
  },
  { path: "query/:id?", lazy: async () => ({ Component: (await import("./query/QueryPage.tsx")).QueryPage }) },
  {
    path: "corrections",
    lazy: async () => ({ Component: (await import("./corrections/CorrectionsPage.tsx")).CorrectionsPage }),
  },
  { path: "review/:pair?", lazy: async () => ({ Component: (await import("./review/ReviewPage.tsx")).ReviewPage }) },
  { path: "sources", lazy: async () => ({ Component: (await import("./sources/SourcesPage.tsx")).SourcesPage }) },
  { path: "sources/:id", lazy: async () => ({ Component: (await import("./sources/SourcePage.tsx")).SourcePage }) },
  {
    path: "sources/:id/plan/:part?/:version?",
    lazy: async () => ({ Component: (await import("./plans/PlanPage.tsx")).PlanPage }),
  },
  { path: "ops", lazy: async () => ({ Component: (await import("./ops/OpsPage.tsx")).OpsPage }) },
  {
    path: "rejects/:cause?",
    lazy: async () => ({ Component: (await import("./rejects/RejectsPage.tsx")).RejectsPage }),
  },
  { path: "rules/:version?", lazy: async () => ({ Component: (await import("./rules/RulesPage.tsx")).RulesPage }) },
];

/**
 * A page in an error boundary of its own: when it fails, or its file is gone, the rail survives. By React's `lazy`, not
 * the router's, which (7.18) shows nothing at all where a file cannot be loaded.
 */
function routeOf({ path, lazy: load }: Page): RouteObject {
  const Loaded = lazy(async () => ({ default: (await load()).Component }));
  return {
    path,
    errorElement: <RouteFailure />,
    element: (
      <Suspense fallback={null}>
        <Loaded />
      </Suspense>
    ),
  };
}

export const routes: RouteObject[] = [
  { path: "/sign-in", element: <SignInPage />, errorElement: <RouteFailure /> },
  {
    path: "/",
    element: <Shell />,
    errorElement: <RouteFailure />,
    children: [{ index: true, element: <Home /> }, ...pages.map(routeOf), { path: "*", element: <MissingPage /> }],
  },
];
