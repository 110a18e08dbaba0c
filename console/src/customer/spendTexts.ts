import { moneyText } from "../parts/moneyText.ts";
import type { Profile } from "./customerQueries.ts";

/** In each currency by itself, the home currency first. */
export function spendTexts(computed: Profile["computed"]): string[] {
  if (computed === undefined) return [];
  const { revenue, revenueByCurrency } = computed;
  const others = Object.entries(revenueByCurrency).filter(([currency]) => currency !== revenue.currency);
  return [revenue, ...others.map(([currency, amount]) => ({ currency, amount }))].map((money) => moneyText(money));
}
