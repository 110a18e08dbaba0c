import { type MoneyValue, moneyText } from "./moneyText.ts";

/** Money with its currency, always; sums of different currencies do not exist. */
export function Money(value: MoneyValue) {
  return <span className="numbers">{moneyText(value)}</span>;
}
