import { planOf } from "../../platform/src/cli/simulatePlan.ts";
import { showcaseOf } from "../../platform/src/simulator/showcase.ts";
import { apiToken, type Site } from "../../platform/test/whole/server.ts";

const plan = { customers: 300, seed: 7, days: 150 };

/** Somebody whom most of the sources know: whose page is shown. */
export const shownEmail = showcaseOf(planOf(plan, Date.now())).joined.email;
/** Long, with accents. */
export const longName = "Maria da Conceição Vasconcelos de Albuquerque";

/** One with a long name, and one that has sent nothing. */
const moreSources = [
  { id: "porto", name: "Loja do Porto – Rua de Santa Catarina", kind: "pos" },
  { id: "till-lisbon", name: "Caixa de Lisboa", kind: "pos" },
];

/** The retailer of the demo, smaller and the same on every machine, and two sources more. */
export async function fillWithRetailer(site: Site): Promise<void> {
  const flags = ["--customers", plan.customers, "--seed", plan.seed, "--days", plan.days].map(String);
  const { code, stderr } = await site.launchVerb(["simulate", ...flags]).ended;
  if (code !== 0) throw new Error(`the retailer could not be sent: ${stderr}`);
  for (const source of moreSources) {
    const answer = await fetch(`${site.url}/api/sources`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
      body: JSON.stringify(source),
    });
    if (!answer.ok) throw new Error(`the source ${source.id} could not be made: ${answer.status}`);
  }
}
