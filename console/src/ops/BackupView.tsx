import { bytesText } from "../parts/bytesText.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import type { Backup } from "./opsQueries.ts";

const text = words.ops;

/** How the latest backup went, or how one is made. */
export function BackupView({ backup }: { backup: Backup | null }) {
  if (backup === null) {
    return (
      <div className="stateBox">
        <p>{text.backupNone}</p>
        <p className="meta">{text.backupHow}</p>
        <CopyId id={text.backupCommand} what={text.backupWhat} />
      </div>
    );
  }
  const { status, started, directory, bytes } = text.backupFacts;
  const size = backup.result?.bytes ?? backup.doneBytes;
  return (
    <>
      <dl className="facts">
        <div>
          <dt>{status}</dt>
          <dd className={backup.status === "failed" ? "bad" : ""}>{text.backupStatus[backup.status]}</dd>
        </div>
        <div>
          <dt>{started}</dt>
          <dd>
            <Time at={backup.startedAt} />
          </dd>
        </div>
        <div>
          <dt>{bytes}</dt>
          <dd className="numbers">{bytesText(size)}</dd>
        </div>
        <div className="opsWide">
          <dt>{directory}</dt>
          <dd className="mono opsPath">{backup.directory}</dd>
        </div>
      </dl>
      {backup.error !== null && (
        <p className="bad">
          {backup.error.message} {backup.error.hint}
        </p>
      )}
    </>
  );
}
