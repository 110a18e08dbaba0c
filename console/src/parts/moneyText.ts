import { keptFormats } from "./formats.ts";

export interface MoneyValue {
  /** Minor units: pence, cents, yen. */
  amount: number;
  /** ISO 4217. */
  currency: string;
}

const moneyFormat = keptFormats(
  (locale, currency) => new Intl.NumberFormat(locale, { style: "currency", currency: currency ?? "" }),
);

/** `€1,243.00`, with as many decimals as the currency has. A currency that is none keeps its own letters. */
export function moneyText({ amount, currency }: MoneyValue, locale?: string): string {
  try {
    const format = moneyFormat(locale, currency);
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** digits);
  } catch {
    return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(amount / 100)} ${currency}`;
  }
}
