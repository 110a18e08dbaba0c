import { Button, NativeSelect } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import { moneyText } from "../parts/moneyText.ts";
import { OnSight } from "../parts/OnSight.tsx";
import { Panel } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { type Profile, useSpend } from "./customerQueries.ts";
import type { ViewControl } from "./customerView.ts";
import { currenciesOf, type Spend, spendIn, type SpendRow, spendSql } from "./spend.ts";

const text = words.customer.spendPanel;
const chartHeight = 220;
const emptyHeight = 64;
const SpendChart = lazy(async () => ({ default: (await import("./SpendChart.tsx")).SpendChart }));

/** How much, where, since when: net of refunds, each currency by itself. */
export function SpendPanel({ profile, control: { view, change } }: { profile: Profile; control: ViewControl }) {
  const { id, computed } = profile;
  const spend = useSpend(id);
  const [chosen, setChosen] = useState<string | null>(null);
  const currencies = currenciesOf(spend.data ?? []);
  const currency = chosen !== null && currencies.includes(chosen) ? chosen : currencies[0];
  const actions = (
    <div className="panelActions spendActions" data-no-print>
      {currencies.length > 1 && (
        <NativeSelect
          aria-label={text.currency}
          value={currency ?? ""}
          data={currencies}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      )}
      {currency !== undefined && (
        <Button
          variant="default"
          size="xs"
          h="var(--c360-target)"
          onClick={() => change({ spend: view.spend === "chart" ? "table" : "chart" })}
        >
          {view.spend === "chart" ? text.asTable : text.asChart}
        </Button>
      )}
    </div>
  );
  return (
    <Panel
      title={text.title}
      query={spend}
      height={computed?.orderCount === 0 ? emptyHeight : chartHeight}
      actions={actions}
      isEmpty={(rows) => rows.length === 0}
      empty={<NoOrders id={id} />}
    >
      {(rows: SpendRow[]) => {
        const shown = spendIn(rows, currency ?? "");
        if (view.spend === "table") return <SpendTable spend={shown} />;
        return (
          <OnSight height={chartHeight}>
            <Suspense fallback={null}>
              <SpendChart spend={shown} />
            </Suspense>
          </OnSight>
        );
      }}
    </Panel>
  );
}

function NoOrders({ id }: { id: string }) {
  return (
    <>
      <p>{text.empty}</p>
      <Link to="/query" state={{ sql: spendSql(id) }}>
        {text.emptyAction}
      </Link>
    </>
  );
}

function SpendTable({ spend: { months, channels, currency } }: { spend: Spend }) {
  const money = (amount: number): string => moneyText({ amount, currency });
  return (
    <div className="tableScroller" tabIndex={0} role="region" aria-label={text.tableLabel}>
      <table className="spendTable numbers">
        <thead>
          <tr>
            <th scope="col">{text.month}</th>
            {channels.map(({ channel }) => (
              <th scope="col" key={channel}>
                {channel === "" ? text.noChannel : channel}
              </th>
            ))}
            <th scope="col">{text.total}</th>
          </tr>
        </thead>
        <tbody>
          {months.map((month, index) => (
            <tr key={month}>
              <th scope="row">{monthText(month)}</th>
              {channels.map(({ channel, net }) => (
                <td key={channel}>{money(net[index] ?? 0)}</td>
              ))}
              <td>{money(channels.reduce((sum, { net }) => sum + (net[index] ?? 0), 0))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function monthText(month: string): string {
  const format = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });
  return format.format(Date.parse(`${month}-01T00:00:00Z`));
}
