import { relative } from "node:path";
import type { DemoState } from "./demoState.ts";

interface Shown {
  url: string;
  state: DemoState;
  /** Absolute. */
  dataDir: string;
  eventsPerS: number;
}

/** Where to look, and what to try: all of it works as it stands once the history is in. */
export function demoWelcome({ url, state, dataDir, eventsPerS }: Shown): string {
  const { plan, keys, token, historyDay } = state;
  const { misspelt, joined } = state.showcase;
  const dir = relative(process.cwd(), dataDir) || ".";
  const at = ` --data-dir ${dir.startsWith("..") ? dataDir : dir}`;
  const customers = plan.customers.toLocaleString("en-US");
  const history =
    historyDay >= plan.days
      ? "The history is there from last time."
      : `Their last ${plan.days - historyDay} days are on their way; that takes under a minute.`;
  const event = `{"userId":"${joined.userId}","event":"Product Viewed","properties":{"sku":"tea-1","name":"Earl Grey"}}`;
  return `
Customer 360 demo: a retailer with ${customers} customers, live at ${eventsPerS} events/s
${history}

   ${url}/#token=${token ?? ""}

Try this, at that address and in another terminal:
1. Search for a customer whose name you cannot spell, in Customers:
   ${misspelt.typed}      (it is ${misspelt.name})
2. See who was put together from most of the seven sources: ${joined.name}
   npx c360 profile email ${joined.email}${at}
   npx c360 why loyalty_card:${joined.loyaltyCard} user_id:${joined.userId}${at}
3. Ask in SQL:
   npx c360 query "SELECT channel, count(*) AS orders, sum(net_minor) / 100.0 AS gbp FROM orders WHERE currency = 'GBP' GROUP BY channel"${at}
4. Send an event of your own, and watch it arrive in Live:
   curl -sS ${url}/v1/track -u ${keys.web ?? ""}: -H 'content-type: application/json' -d '${event}'

Data: ${dir.startsWith("..") ? dataDir : dir}   (remove it to begin anew)
Stop: Ctrl-C

`;
}
