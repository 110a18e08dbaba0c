import "./theme/mantine.ts";
import "./theme/console.css";
import { QueryClient } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";
import { isPassing } from "./api/client.ts";
import { App } from "./App.tsx";
import { routes } from "./routes.tsx";
import { currentSession, followOtherTabs, onSession, signInByFragment } from "./session/session.ts";

const freshMs = 10_000;
const maxRetries = 2;

signInByFragment(window);
followOtherTabs(window);
// A link that is pasted into an open tab changes only the fragment.
window.addEventListener("hashchange", () => signInByFragment(window));
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: freshMs,
      retry: (failures, error) => failures < maxRetries && isPassing(error),
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});
// What one token may see is not for the next one.
onSession(() => {
  if (currentSession().token === null) queries.clear();
});
const root = document.querySelector("#root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App queries={queries} router={createBrowserRouter(routes)} />
  </StrictMode>,
);
