import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { measurable } from "../parts/chartFont.ts";
import { words } from "../words/words.ts";
import { type ChartChoice, drawnOf, isTemporal, timeTexts } from "./chartChoice.ts";
import type { Answer } from "./exportText.ts";

use([BarChart, LineChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer]);

const maxGridlines = 4;
const colours = {
  light: { text: "#3d444b", line: "#dee2e6", mark: "#1161b4", card: "#ffffff" },
  dark: { text: "#c9c9c9", line: "#424242", mark: "#8ac3fa", card: "#242424" },
};

/** Bars or lines, drawn as SVG; redrawn when the colours or the size change. */
export function ResultChart({ answer, choice }: { answer: Answer; choice: ChartChoice }) {
  const host = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (host.current === null) return undefined;
    const chart = init(host.current, null, { renderer: "svg" });
    chart.setOption({ ...optionsOf(answer, choice, colours[scheme]), textStyle: measurable(host.current) });
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(host.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [answer, choice, scheme]);
  const label = words.query.chartLabel(
    answer.columns[choice.up]?.name ?? "",
    answer.columns[choice.across]?.name ?? "",
  );
  return <div ref={host} className="chartHost" role="img" aria-label={label} data-testid="chart" />;
}

function optionsOf(answer: Answer, choice: ChartChoice, { text, line, mark, card }: (typeof colours)["light"]) {
  const { labels, values } = drawnOf(answer, choice);
  const isInTime = isTemporal(answer.columns[choice.across]?.type ?? "");
  const number = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
  return {
    animation: false,
    aria: { enabled: true, decal: { show: true } },
    color: [mark],
    grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis", confine: true, backgroundColor: card, borderColor: line, textStyle: { color: text } },
    xAxis: {
      type: "category",
      data: isInTime ? timeTexts(labels) : labels,
      axisLabel: { color: text, hideOverlap: true, width: 120, overflow: "truncate" },
      axisLine: { lineStyle: { color: line } },
    },
    yAxis: {
      type: "value",
      // Bars are lengths: without the zero they lie.
      scale: choice.kind === "line",
      splitNumber: maxGridlines,
      axisLabel: { color: text, formatter: (value: number) => number.format(value) },
      splitLine: { lineStyle: { color: line } },
    },
    series: [
      {
        type: choice.kind,
        name: answer.columns[choice.up]?.name ?? "",
        data: values,
        barMaxWidth: 48,
        showSymbol: labels.length <= maxGridlines * 10,
        connectNulls: false,
      },
    ],
  };
}
