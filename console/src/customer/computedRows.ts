import { countText } from "../parts/countText.ts";
import { moneyText } from "../parts/moneyText.ts";
import { absoluteDay, absoluteTime } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import type { Profile } from "./customerQueries.ts";
import { spendTexts } from "./spendTexts.ts";

const text = words.customer.computed;

export interface ComputedRow {
  label: string;
  value: string;
  formula: string;
  inputs: string;
}

/** Each computed trait that has a value, with how it comes about and from what. */
export function computedRows({ computed, firstSeenAt, lastSeenAt }: Profile): ComputedRow[] {
  if (computed === undefined) return [];
  const { orderCount, refundCount, averageOrderValue, daysBetweenOrders, firstOrderAt, lastOrderAt } = computed;
  const orders = `${countText(orderCount)} ${text.input.orders}`;
  const refunds = `${countText(refundCount)} ${text.input.refunds}`;
  const span = [timeText(firstOrderAt), timeText(lastOrderAt)].filter((each) => each !== null).join(" – ");
  const spend = spendTexts(computed).join(" + ");
  const row = (label: string, value: string | null, formula: string, inputs: string): ComputedRow[] =>
    value === null || value === "" ? [] : [{ label, value, formula, inputs }];
  const averages = Object.entries(averageOrderValue).map(([currency, amount]) => moneyText({ amount, currency }));
  return [
    ...row(text.revenue, spend, text.revenueHow, `${orders}, ${refunds}`),
    ...row(text.average, averages.join(" + "), text.averageHow, `${spend}, ${orders}`),
    ...row(
      text.between,
      daysBetweenOrders === null ? null : text.days(new Intl.NumberFormat().format(daysBetweenOrders)),
      text.betweenHow,
      `${orders}, ${span}`,
    ),
    ...row(text.category, computed.favouriteCategory, text.categoryHow, orders),
    ...row(text.channel, computed.favouriteChannel, text.channelHow, orders),
    ...row(text.first, dayText(firstOrderAt), text.firstHow, `${orders}, ${timeText(firstOrderAt)}`),
    ...row(text.last, dayText(lastOrderAt), text.lastHow, `${orders}, ${timeText(lastOrderAt)}`),
    ...row(
      text.events,
      countText(computed.eventCount),
      text.eventsHow,
      [timeText(firstSeenAt ?? null), timeText(lastSeenAt ?? null)].filter((each) => each !== null).join(" – "),
    ),
  ];
}

function dayText(at: string | null): string | null {
  return at === null ? null : absoluteDay(Date.parse(at));
}

function timeText(at: string | null): string | null {
  return at === null ? null : absoluteTime(Date.parse(at));
}
