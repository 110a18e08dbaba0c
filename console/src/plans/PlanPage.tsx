import { Anchor } from "@mantine/core";
import { Link, useParams } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStackComing } from "../parts/PanelsComing.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { DraftPage } from "./DraftPage.tsx";
import { PlanOverview } from "./PlanOverview.tsx";
import { PlanVersionPage } from "./PlanVersionPage.tsx";
import { usePlan } from "./planQueries.ts";
import "../parts/document.css";
import "../parts/table.css";
import "./plans.css";

const text = words.plans;
const panelsComing = [{ height: 180 }, { height: 144 }, { height: 108 }];
const reservedHeight = 432;

/** Does a source keep to what it promised, what would a change do, and what did an earlier version say? */
export function PlanPage() {
  const { id = "", part, version } = useParams();
  const plan = usePlan(id);
  const name = useSources().data?.find((each) => each.id === id)?.name ?? id;
  const isMissing = plan.error instanceof ApiProblem && plan.error.status === 404;
  const back = part === undefined ? `/sources/${id}` : `/sources/${id}/plan`;
  return (
    <>
      <Anchor component={Link} to={back} size="sm" className="backLink">
        ← {part === undefined ? text.toSource(name) : text.backToPlan}
      </Anchor>
      {isMissing ? (
        <PageHead title={words.sources.missingTitle} lead={words.sources.missing(id)} />
      ) : (
        <>
          {plan.data === undefined && <PageHead title={text.title(name)} />}
          <PanelStates
            query={plan}
            height={reservedHeight}
            waiting={<PanelStackComing className="documentStack" panels={panelsComing} />}
          >
            {(current) => {
              if (part === undefined) return <PlanOverview key={id} name={name} current={current} />;
              if (part === "draft" && version === undefined)
                return <DraftPage key={id} name={name} current={current} />;
              if (part === "versions") return <PlanVersionPage version={version ?? ""} name={name} current={current} />;
              return <PageHead title={words.crash.missingTitle} lead={text.missingPage} />;
            }}
          </PanelStates>
        </>
      )}
    </>
  );
}
