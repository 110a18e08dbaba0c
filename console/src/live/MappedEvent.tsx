import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import type { components } from "../api/openApi.d.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { moneyText } from "../parts/moneyText.ts";
import { words } from "../words/words.ts";
import type { Fate } from "./EventDetails.tsx";

type QueryAnswer = components["schemas"]["QueryAnswer"];
type Cell = string | number | boolean | null;

const text = words.live.details;
const pollMs = 1_500;
const reservedHeight = 280;
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** The time of receipt bounds what is read of a large table. */
const mappedSql = ({ source, messageId, receivedAt }: Fate): string => `SELECT * FROM events
WHERE message_id = ${quoted(messageId)} AND source = ${quoted(source)}
AND received_at = TIMESTAMP ${quoted(receivedAt.replace("T", " ").replace("Z", ""))}`;

/** What the platform made of the call: its row in the views. */
export function MappedEvent({ fate }: { fate: Fate }) {
  const mapped = useQuery({
    queryKey: ["mapped", fate.source, fate.messageId, fate.fate],
    queryFn: async ({ signal }) =>
      fieldsOf(await api.post("/api/query", { body: { sql: mappedSql(fate), limit: 1 }, signal })),
    refetchInterval: ({ state }) => (state.data === null ? pollMs : false),
  });
  return (
    <PanelStates
      query={mapped}
      height={reservedHeight}
      isEmpty={(fields) => fields === null}
      empty={<p>{text.notMapped}</p>}
    >
      {(fields) => (
        <dl className="fields">
          {(fields ?? []).map(({ name, shown, isCode }) => (
            <div key={name}>
              <dt className="mono">{name}</dt>
              <dd className="numbers">{isCode ? <pre className="code">{shown}</pre> : shown}</dd>
            </div>
          ))}
        </dl>
      )}
    </PanelStates>
  );
}

interface Field {
  name: string;
  shown: string;
  isCode: boolean;
}

/** Null where there is no row yet; empty cells are left out. Money is told with its currency. */
function fieldsOf({ columns, rows: [row] }: QueryAnswer): Field[] | null {
  if (row === undefined) return null;
  const cells = new Map<string, Cell>(columns.map(({ name }, at) => [name, row[at] ?? null]));
  const currency = cells.get("currency");
  return [...cells].flatMap(([name, value]): Field[] => {
    if (value === null || value === "{}") return [];
    if (name === "revenue_minor" && typeof value === "number" && typeof currency === "string")
      return [{ name, shown: moneyText({ amount: value, currency }), isCode: false }];
    const isCode = name === "properties" || name === "context";
    return [{ name, shown: isCode ? pretty(String(value)) : String(value), isCode }];
  });
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
