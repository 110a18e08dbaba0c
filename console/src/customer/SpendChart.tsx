import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { measurable } from "../parts/chartFont.ts";
import { moneyText } from "../parts/moneyText.ts";
import { words } from "../words/words.ts";
import type { Spend } from "./spend.ts";

use([BarChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, SVGRenderer]);

const text = words.customer.spendPanel;
const maxGridlines = 4;
type Scheme = "light" | "dark";
const surfaces = {
  light: { text: "#3d444b", line: "#dee2e6", card: "#ffffff", pattern: "rgba(255, 255, 255, 0.6)" },
  dark: { text: "#c9c9c9", line: "#424242", card: "#242424", pattern: "rgba(0, 0, 0, 0.6)" },
};
/** Of the channels in turn; the colours of some are as dark as each other. */
const patterns = [
  {},
  {
    symbol: "circle",
    symbolSize: 0.8,
    dashArrayX: [
      [8, 8],
      [0, 8, 8, 0],
    ],
    dashArrayY: [6, 0],
  },
  { dashArrayX: [1, 0], dashArrayY: [3, 5], rotation: -Math.PI / 4 },
  {
    dashArrayX: [
      [6, 6],
      [0, 6, 6, 0],
    ],
    dashArrayY: [6, 0],
  },
  {
    symbol: "triangle",
    symbolSize: 0.75,
    dashArrayX: [
      [9, 9],
      [0, 9, 9, 0],
    ],
    dashArrayY: [7, 2],
  },
  { dashArrayX: [1, 0], dashArrayY: [2, 6] },
] as const;
/** The colours of the sources' marks; a channel that is no kind of source takes the next that is free. */
const kindColours: Readonly<Record<string, Record<Scheme, string>>> = {
  pos: { light: "#25550e", dark: "#4ca944" },
  web: { light: "#1161b4", dark: "#8ac3fa" },
  mobile: { light: "#9344ff", dark: "#a881f3" },
  erp: { light: "#9e634b", dark: "#edb197" },
  crm: { light: "#971f6f", dark: "#ec6fa6" },
  social: { light: "#959205", dark: "#e8e55e" },
  iot: { light: "#35929a", dark: "#58f5ec" },
};
const kindOfChannel: Readonly<Record<string, string>> = {
  store: "pos",
  shop: "pos",
  till: "pos",
  online: "web",
  website: "web",
  app: "mobile",
};

function coloursOf(channels: readonly string[], scheme: Scheme): string[] {
  const kinds = channels.map((channel) => {
    const name = channel.toLowerCase();
    const kind = kindOfChannel[name] ?? name;
    return Object.hasOwn(kindColours, kind) ? kind : null;
  });
  const free = Object.keys(kindColours).filter((kind) => !kinds.includes(kind));
  return kinds.map((kind) => kindColours[kind ?? free.shift() ?? "erp"]?.[scheme] ?? surfaces[scheme].text);
}

/** Bars by month, stacked by channel, told apart by pattern too. */
export function SpendChart({ spend }: { spend: Spend }) {
  const host = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (host.current === null) return undefined;
    const chart = init(host.current, null, { renderer: "svg" });
    chart.setOption({ ...optionsOf(spend, scheme), textStyle: measurable(host.current) });
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(host.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [spend, scheme]);
  const label = text.label(spend.channels.map(({ channel }) => nameOf(channel)).join(", "));
  return <div ref={host} className="spendChart" role="img" aria-label={label} data-testid="spend-chart" />;
}

const nameOf = (channel: string): string => (channel === "" ? text.noChannel : channel);

/** The first channel has none. ECharts writes into what it is given. */
function patternsIn(scheme: Scheme) {
  return patterns.map((pattern, at) => ({ ...pattern, color: at === 0 ? "transparent" : surfaces[scheme].pattern }));
}

function optionsOf({ months, channels, currency }: Spend, scheme: Scheme) {
  const { text: ink, line, card } = surfaces[scheme];
  const month = new Intl.DateTimeFormat(undefined, { month: "short", year: "2-digit", timeZone: "UTC" });
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const unit = 10 ** (digits ?? 2);
  const short = new Intl.NumberFormat(undefined, { style: "currency", currency, notation: "compact" });
  return {
    animation: false,
    aria: { enabled: true, decal: { show: true, decals: patternsIn(scheme) } },
    color: coloursOf(
      channels.map(({ channel }) => channel),
      scheme,
    ),
    legend: { top: 0, left: 0, itemGap: 16, textStyle: { color: ink }, selectedMode: false, type: "plain" },
    grid: { left: 4, right: 8, top: 32, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: card,
      borderColor: line,
      textStyle: { color: ink },
      valueFormatter: (value: number) => moneyText({ amount: Math.round(value * unit), currency }),
    },
    xAxis: {
      type: "category",
      data: months.map((each) => month.format(Date.parse(`${each}-01T00:00:00Z`))),
      axisLabel: { color: ink, hideOverlap: true },
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      splitNumber: maxGridlines,
      axisLabel: { color: ink, formatter: (value: number) => short.format(value) },
      splitLine: { lineStyle: { color: line } },
    },
    series: channels.map(({ channel, net }) => ({
      type: "bar",
      stack: "spend",
      // Where colours are not seen, the line between two patterns is.
      itemStyle: { borderColor: card, borderWidth: 1 },
      name: nameOf(channel),
      data: net.map((amount) => amount / unit),
      barMaxWidth: 32,
    })),
  };
}
