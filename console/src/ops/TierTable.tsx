import { bytesText } from "../parts/bytesText.ts";
import { countText } from "../parts/countText.ts";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import type { Disk } from "./opsQueries.ts";

const text = words.ops;

/** What a million events take, as they came, compressed, and as columns. */
export function TierTable({ disk: { tiers, keptSince } }: { disk: Disk }) {
  const { tier: kept, records, bytes, perMillion } = text.tierColumns;
  return (
    <>
      <table className="diskTiers">
        <thead>
          <tr>
            <th scope="col">{kept}</th>
            <th scope="col" className="end">
              {records}
            </th>
            <th scope="col" className="end">
              {bytes}
            </th>
            <th scope="col" className="end">
              {perMillion}
            </th>
          </tr>
        </thead>
        <tbody>
          {tiers.map((tier) => (
            <tr key={tier.name}>
              <th scope="row">
                {text.tiers[tier.name].name} <span className="meta">{text.tiers[tier.name].hint}</span>
              </th>
              <td className="end numbers">{tier.records === 0 ? text.tierNone : countText(tier.records)}</td>
              <td className="end numbers">{tier.records === 0 ? "" : bytesText(tier.bytes)}</td>
              <td className="end numbers">{perMillionText(tier)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {keptSince !== null && (
        <p className="meta">
          {text.tiersSince} <Time at={keptSince} />
        </p>
      )}
    </>
  );
}

function perMillionText({ records, bytesPerMillionRecords }: Disk["tiers"][number]): string {
  if (records === 0) return "";
  return bytesPerMillionRecords === null ? text.tierFew : bytesText(bytesPerMillionRecords);
}
