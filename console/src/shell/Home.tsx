import { Navigate } from "react-router";
import { railPages } from "./pages.ts";

/** `/` is the first page of the rail. */
export function Home() {
  return <Navigate to={railPages[0]?.path ?? "/sources"} replace />;
}
