import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { Fact } from "../parts/Fact.tsx";
import { countText } from "../parts/countText.ts";
import { Panel } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { type PlanVersion, usePlan, useViolations } from "./planQueries.ts";
import { factsOf, refuses } from "./planText.ts";

const text = words.plans;
const reservedHeight = 108;
/** More are not counted here. */
const countedWays = 100;

/** On the page of a source: whether it has a plan, what that does, and the way to it. */
export function PlanSummary({ source }: { source: string }) {
  const plan = usePlan(source);
  const hasPlan = plan.data?.document != null;
  const link = (
    <Anchor component={Link} to={`/sources/${source}/plan`} size="sm">
      {text.toPlan}
    </Anchor>
  );
  return (
    <Panel
      title={text.panelTitle}
      {...(hasPlan ? { actions: link } : {})}
      query={plan}
      height={reservedHeight}
      isEmpty={({ document }) => document === null}
      empty={
        <>
          <p className="dimmed">{text.none}</p>
          <Anchor component={Link} to={`/sources/${source}/plan`} size="sm" className="loneLink">
            {text.write}
          </Anchor>
        </>
      }
    >
      {(version) => <Facts plan={version} />}
    </Panel>
  );
}

function Facts({ plan: { source, version, document, publishedAt } }: { plan: PlanVersion }) {
  const violations = useViolations(source, { version, order: "newest" }, countedWays);
  const { mode } = factsOf(document ?? {});
  const first = violations.data?.pages[0];
  const none = refuses(document) ? text.keepsTaken : text.keeps;
  const broken = (page: typeof first): string => {
    if (page === undefined) return violations.isError ? text.notKnown : "…";
    return page.items.length === 0 ? none : waysText(page.items.length, page.next !== null);
  };
  return (
    <dl className="facts numbers">
      <Fact label={text.violations.columns.version}>{version}</Fact>
      <Fact label={words.document.since}>
        <Time at={publishedAt} />
      </Fact>
      <Fact label={text.modeFact}>{text.modes[mode]}</Fact>
      <Fact label={text.brokenFact}>{broken(violations.isPlaceholderData ? undefined : first)}</Fact>
    </dl>
  );
}

function waysText(ways: number, areMore: boolean): string {
  return areMore ? text.atLeast(countText(ways)) : countText(ways);
}
