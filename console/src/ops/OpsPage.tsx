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
import "../parts/table.css";
import "./ops.css";

const text = words.ops;
/** Pixels of the loaded panels. */
const heights = { now: 64, consumers: 248, hour: 150, disk: 260, process: 60, backup: 110, retries: 44 };

/** What to fix now? */
export function OpsPage() {
  const query = useOperations();
  return (
    <>
      <PageHead title={words.pages.ops} lead={text.lead} />
      <div className="opsGrid">
        <Panel title={text.nowTitle} query={query} height={heights.now}>
          {({ advice }) => <AdviceList advice={advice} />}
        </Panel>
        <Panel title={text.consumersTitle} query={query} height={heights.consumers}>
          {({ consumers }) => <ConsumerTable consumers={consumers} />}
        </Panel>
        <Panel title={text.hourTitle} query={query} height={heights.hour}>
          {({ minutes }) => <HourChart minutes={minutes} />}
        </Panel>
        <Panel
          title={text.diskTitle}
          query={query}
          height={heights.disk}
          isEmpty={({ disk }) => disk === null}
          empty={<p>{text.diskNone}</p>}
        >
          {({ disk }) => disk !== null && <DiskView disk={disk} />}
        </Panel>
        <div className="opsColumn">
          <Panel title={text.processTitle} query={query} height={heights.process}>
            {(operations) => <ProcessFacts operations={operations} />}
          </Panel>
          <Panel title={text.backupTitle} query={query} height={heights.backup}>
            {({ backup }) => <BackupView backup={backup} />}
          </Panel>
          <Panel
            title={text.retriesTitle}
            query={query}
            height={heights.retries}
            isEmpty={({ retries }) => retries.length === 0}
            empty={<p className="meta">{text.retriesNone}</p>}
          >
            {({ retries }) => <Retries retries={retries} />}
          </Panel>
        </div>
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
