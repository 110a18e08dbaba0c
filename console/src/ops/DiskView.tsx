import { bytesText } from "../parts/bytesText.ts";
import { words } from "../words/words.ts";
import type { Disk } from "./opsQueries.ts";
import { lastsText } from "./opsText.ts";

const text = words.ops;

/** What the data directory takes, part by part, and how long the disk lasts. */
export function DiskView({ disk }: { disk: Disk }) {
  const { freeBytes, totalBytes, usedBytes, parts, bytesPerMillionRecords, daysLeft } = disk;
  const { free, used, perMillion, lasts } = text.diskFacts;
  const most = Math.max(1, ...parts.map(({ bytes }) => bytes));
  return (
    <>
      <dl className="facts numbers">
        <div>
          <dt>{free}</dt>
          <dd>
            {bytesText(freeBytes)} <span className="meta">{text.ofDisk(bytesText(totalBytes))}</span>
          </dd>
        </div>
        <div>
          <dt>{used}</dt>
          <dd>{bytesText(usedBytes)}</dd>
        </div>
        <div>
          <dt>{perMillion}</dt>
          <dd>{bytesPerMillionRecords === null ? text.unknown : bytesText(bytesPerMillionRecords)}</dd>
        </div>
        <div>
          <dt>{lasts}</dt>
          <dd>{lastsText(daysLeft)}</dd>
        </div>
      </dl>
      <table className="diskParts">
        <thead className="visuallyHidden">
          <tr>
            <th scope="col">{text.partColumns.part}</th>
            <th scope="col">{text.partColumns.bytes}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ name, bytes }) => (
            <tr key={name}>
              <th scope="row">{text.parts[name] ?? name}</th>
              <td>
                <span className="diskBar" style={{ inlineSize: `${(bytes / most) * 100}%` }} aria-hidden />
              </td>
              <td className="end numbers">{bytesText(bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
