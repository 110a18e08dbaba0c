import type { Connection, SearchView } from "./connection.ts";
import type { Output } from "./output.ts";
import { moneyText, printable, tableOf } from "./table.ts";
import { exitCodes } from "./usage.ts";

export async function showSearch(
  connection: Connection,
  output: Output,
  wanted: { q: string; limit: number; source?: string },
): Promise<number> {
  const found = await connection.search(wanted);
  if (output.json) {
    output.document(found);
    return exitCodes.done;
  }
  if (found.items.length > 0) output.out(tableOf(columns, found.items.map(rowOf)));
  output.note(summaryOf(found));
  return exitCodes.done;
}

const columns = ["name", "matched", "city", "sources", "orders", "revenue", "last seen", "profile"];

function rowOf(item: SearchView["items"][number]): (string | number)[] {
  const matched = item.matched.map(
    ({ field, value, kind }) => `${field} ${value}${kind === "exact" ? "" : ` (${kind})`}`,
  );
  return [
    item.displayName,
    matched.join(", "),
    item.city ?? "",
    item.sources.join(", "),
    item.orderCount,
    moneyText(item.revenue.amount, item.revenue.currency),
    item.lastSeenAt,
    item.id,
  ];
}

function summaryOf({ items, total, suggestions }: SearchView): string {
  if (items.length === 0) {
    const offers = suggestions.map((offer) => `"${printable(offer)}"`).join(", ");
    return offers === "" ? "nobody found" : `nobody found; did you mean ${offers}?`;
  }
  const all = `${total.exact ? "" : "at least "}${total.value}`;
  return items.length < total.value || !total.exact ? `${items.length} of ${all}; --limit takes more` : `${all} found`;
}
