import { useLocation, useNavigate } from "react-router";

/** What is shown of a customer. The pair asked about names people: it stands in the fragment, which no server sees. */
export interface CustomerView {
  timeline: "milestones" | "all";
  source: string | null;
  identity: "graph" | "list";
  spend: "chart" | "table";
  a: string | null;
  b: string | null;
}

export function readCustomerView(search: string, hash: string): CustomerView {
  const shown = new URLSearchParams(search);
  const pair = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    timeline: shown.get("timeline") === "all" ? "all" : "milestones",
    source: shown.get("source"),
    identity: shown.get("identity") === "list" ? "list" : "graph",
    spend: shown.get("spend") === "table" ? "table" : "chart",
    a: pair.get("a"),
    b: pair.get("b"),
  };
}

export function customerAddress(view: CustomerView): { search: string; hash: string } {
  const shown = new URLSearchParams();
  if (view.timeline !== "milestones") shown.set("timeline", view.timeline);
  if (view.source !== null) shown.set("source", view.source);
  if (view.identity !== "graph") shown.set("identity", view.identity);
  if (view.spend !== "chart") shown.set("spend", view.spend);
  const pair = new URLSearchParams();
  if (view.a !== null) pair.set("a", view.a);
  if (view.b !== null) pair.set("b", view.b);
  const [search, hash] = [shown.toString(), pair.toString()];
  return { search: search === "" ? "" : `?${search}`, hash: hash === "" ? "" : `#${hash}` };
}

export interface ViewControl {
  view: CustomerView;
  change: (changed: Partial<CustomerView>) => void;
}

export function useCustomerView(): ViewControl {
  const { search, hash, state } = useLocation();
  const navigate = useNavigate();
  const view = readCustomerView(search, hash);
  const change = (changed: Partial<CustomerView>): void =>
    void navigate(customerAddress({ ...view, ...changed }), { replace: true, preventScrollReset: true, state });
  return { view, change };
}
