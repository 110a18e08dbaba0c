import type { RouteObject } from "react-router";
import { Home } from "./shell/Home.tsx";
import { MissingPage, RouteFailure } from "./shell/RouteFailure.tsx";
import { Shell } from "./shell/Shell.tsx";
import { SignInPage } from "./signIn/SignInPage.tsx";

/** Each page in a chunk of its own, in an error boundary of its own: when one fails, the rail survives. */
const pages: RouteObject[] = [
  { path: "query/:id?", lazy: async () => ({ Component: (await import("./query/QueryPage.tsx")).QueryPage }) },
  { path: "sources", lazy: async () => ({ Component: (await import("./sources/SourcesPage.tsx")).SourcesPage }) },
  { path: "sources/:id", lazy: async () => ({ Component: (await import("./sources/SourcePage.tsx")).SourcePage }) },
];

export const routes: RouteObject[] = [
  { path: "/sign-in", element: <SignInPage />, errorElement: <RouteFailure /> },
  {
    path: "/",
    element: <Shell />,
    errorElement: <RouteFailure />,
    HydrateFallback: () => null,
    children: [
      { index: true, element: <Home /> },
      ...pages.map((page) => ({ ...page, errorElement: <RouteFailure /> })),
      { path: "*", element: <MissingPage /> },
    ],
  },
];
