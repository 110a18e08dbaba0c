import { moneyText } from "../parts/moneyText.ts";
import type { Profile } from "./customerQueries.ts";

/** In each currency by itself, the home currency first; nothing in one is left out where there is something in others. */
export function spendTexts(computed: Profile["computed"]): string[] {
  if (computed === undefined) return [];
  const { revenue, revenueByCurrency } = computed;
  const others = Object.entries(revenueByCurrency).filter(([currency]) => currency !== revenue.currency);
  const all = [revenue, ...others.map(([currency, amount]) => ({ currency, amount }))];
  const spent = all.filter(({ amount }) => amount !== 0);
  return (spent.length === 0 ? [revenue] : spent).map((money) => moneyText(money));
}
