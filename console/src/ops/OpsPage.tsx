import { bytesText } from "../parts/bytesText.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { AdviceList } from "./AdviceList.tsx";
import { BackupView } from "./BackupView.tsx";
import { ConsumerTable } from "./ConsumerTable.tsx";
import { DiskView } from "./DiskView.tsx";
import { HourChart } from "./HourChart.tsx";
import { type Operations, useOperations } from "./opsQueries.ts";
import { TierTable } from "./TierTable.tsx";
import "../parts/table.css";
import "./ops.css";

const text = words.ops;
/** Pixels of the loaded panels. */
const heights = { now: 64, consumers: 208, hour: 150, tiers: 144, disk: 310, process: 60, backup: 110, retries: 44 };

/** What to fix now? */
export function OpsPage() {
  const query = useOperations();
  // All panels are of one answer: why there is none is said once.
  const isUnknown = query.data === undefined && query.error !== null;
  return (
    <>
      <PageHead title={words.pages.ops} lead={text.lead} />
      <div className="opsGrid">
        <Panel title={text.nowTitle} query={query} height={heights.now}>
          {({ advice }) => <AdviceList advice={advice} />}
        </Panel>
        {!isUnknown && <OtherPanels query={query} />}
      </div>
    </>
  );
}

function OtherPanels({ query }: { query: ReturnType<typeof useOperations> }) {
  const { data } = query;
  // What failed while this was open is told above.
  const shown = { ...query, error: data === undefined ? query.error : null };
  return (
    <>
      <Panel title={text.consumersTitle} query={shown} height={heights.consumers}>
        {({ consumers }) => <ConsumerTable consumers={consumers} />}
      </Panel>
      <div className="opsStack">
        <Panel title={text.hourTitle} query={shown} height={heights.hour}>
          {({ minutes }) => <HourChart minutes={minutes} />}
        </Panel>
        <Panel
          title={text.tiersTitle}
          query={shown}
          height={heights.tiers}
          isEmpty={({ disk }) => disk === null || disk.tiers.length === 0}
          empty={<p className="meta">{text.tiersNone}</p>}
        >
          {({ disk }) => disk !== null && <TierTable disk={disk} />}
        </Panel>
      </div>
      <Panel
        title={text.diskTitle}
        query={shown}
        height={heights.disk}
        isEmpty={({ disk }) => disk === null}
        empty={<p>{text.diskNone}</p>}
      >
        {({ disk }) => disk !== null && <DiskView disk={disk} />}
      </Panel>
      <div className="opsColumn">
        <Panel title={text.processTitle} query={shown} height={heights.process}>
          {(operations) => <ProcessFacts operations={operations} />}
        </Panel>
        <Panel title={text.backupTitle} query={shown} height={heights.backup}>
          {({ backup }) => <BackupView backup={backup} />}
        </Panel>
        <Panel
          title={text.retriesTitle}
          query={shown}
          height={heights.retries}
          isEmpty={({ retries }) => retries.length === 0}
          empty={<p className="meta">{text.retriesNone}</p>}
        >
          {({ retries }) => <Retries retries={retries} />}
        </Panel>
      </div>
    </>
  );
}

function ProcessFacts({ operations }: { operations: Operations }) {
  const { version, since, memory } = text.processFacts;
  return (
    <dl className="facts">
      <div>
        <dt>{version}</dt>
        <dd className="numbers">{operations.version}</dd>
      </div>
      <div>
        <dt>{since}</dt>
        <dd>
          <Time at={operations.startedAt} />
        </dd>
      </div>
      <div>
        <dt>{memory}</dt>
        <dd className="numbers">{bytesText(operations.memory.residentBytes)}</dd>
      </div>
    </dl>
  );
}

function Retries({ retries }: Pick<Operations, "retries">) {
  return (
    <ul className="retryList">
      {retries.map(({ at, message }, index) => (
        <li key={`${at} ${index}`}>
          <Time at={at} /> <span className="mono">{message}</span>
        </li>
      ))}
    </ul>
  );
}
