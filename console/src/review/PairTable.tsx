import { Link } from "react-router";
import { useSourceMarks } from "../customer/sourceMarks.ts";
import { spendTexts } from "../customer/spendTexts.ts";
import { displayNameOf } from "../customer/who.ts";
import { fieldName } from "../customers/matchText.ts";
import { countText } from "../parts/countText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import type { Review, ReviewField } from "./reviewQueries.ts";
import { fieldLabel, likenessSigns, type Marked, markedApart } from "./reviewText.ts";

const text = words.review;
const maxShownIdentifiers = 4;
const deviceTypes = ["anonymous_id", "device_id", "cookie", "advertising_id", "idfa", "gaid", "idfv"];
const isDevice = (type: string): boolean => deviceTypes.includes(type);
type Side = Review["a"];

/** What both say, field by field; what differs is marked by sign and word. */
export function PairTable({ review }: { review: Review }) {
  const { a, b, fields } = review;
  return (
    <table className="reviewTable">
      <thead>
        <tr>
          <th scope="col">{text.columns.field}</th>
          <HeadCell letter={text.one} side={a} />
          <HeadCell letter={text.other} side={b} />
          <th scope="col">{text.columns.likeness}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <FieldRow key={field.name} field={field} />
        ))}
      </tbody>
      <tbody className="reviewMore">
        <MoreRow label={text.more.identifiers} a={<Identifiers side={a} />} b={<Identifiers side={b} />} />
        <MoreRow label={text.more.sources} a={<Sources side={a} />} b={<Sources side={b} />} />
        <MoreRow label={text.more.spend} a={<Spend side={a} />} b={<Spend side={b} />} />
        <MoreRow
          label={text.more.seen}
          a={<Time at={a.profile.lastSeenAt ?? null} />}
          b={<Time at={b.profile.lastSeenAt ?? null} />}
        />
      </tbody>
    </table>
  );
}

function HeadCell({ letter, side }: { letter: string; side: Side }) {
  return (
    <th scope="col">
      <span className="reviewLetter" aria-hidden>
        {letter}
      </span>
      <Link to={`/customers/${side.profileId}`}>
        <span className="visuallyHidden">{letter}: </span>
        {displayNameOf(side.profile)}
      </Link>
    </th>
  );
}

function FieldRow({ field }: { field: ReviewField }) {
  const { name, a, b, likeness, level } = field;
  const isMarked = likeness === "alike" && a !== null && b !== null;
  const [one, other] = isMarked ? markedApart(a, b) : [null, null];
  return (
    <tr className={`reviewRow ${likeness}`}>
      <th scope="row">{fieldLabel(name)}</th>
      <td data-letter={text.one}>
        <Value value={a} marked={one} />
      </td>
      <td data-letter={text.other}>
        <Value value={b} marked={other} />
      </td>
      <td className="reviewLikeness" title={level}>
        <span className="reviewSign" aria-hidden>
          {likenessSigns[likeness]}
        </span>
        {text.likeness[likeness]}
      </td>
    </tr>
  );
}

function Value({ value, marked }: { value: string | null; marked: Marked | null }) {
  if (value === null) return <span className="dimmed">{text.nothing}</span>;
  if (marked === null || marked.middle === "") return <>{value}</>;
  return (
    <>
      {marked.start}
      <mark className="reviewMark">{marked.middle}</mark>
      {marked.end}
    </>
  );
}

function MoreRow({ label, a, b }: { label: string; a: React.ReactNode; b: React.ReactNode }) {
  return (
    <tr className="reviewRow">
      <th scope="row">{label}</th>
      <td data-letter={text.one}>{a}</td>
      <td data-letter={text.other}>{b}</td>
      <td />
    </tr>
  );
}

function Identifiers({ side }: { side: Side }) {
  // Who somebody is before what they hold.
  const all = (side.profile.identifiers ?? []).toSorted((a, b) => Number(isDevice(a.type)) - Number(isDevice(b.type)));
  return (
    <ul className="reviewIdentifiers">
      {all.slice(0, maxShownIdentifiers).map(({ type, value }) => (
        <li key={`${type}:${value}`}>
          <span className="dimmed">{fieldName(type)}</span> <bdi>{value}</bdi>
        </li>
      ))}
      {all.length > maxShownIdentifiers && <li className="dimmed">+ {countText(all.length - maxShownIdentifiers)}</li>}
    </ul>
  );
}

function Sources({ side: { profile } }: { side: Side }) {
  const markOf = useSourceMarks();
  return (
    <span className="reviewSources">
      {(profile.sources ?? []).map((id) => (
        <SourceMark key={id} {...markOf(id)} />
      ))}
    </span>
  );
}

function Spend({ side }: { side: Side }) {
  const { computed } = side.profile;
  const orders = computed?.orderCount ?? 0;
  const spent = spendTexts(computed);
  return (
    <span className="numbers">
      {spent.length === 0 ? "–" : spent.join(" · ")}
      <span className="dimmed">
        {" "}
        · {orders === 1 ? words.customer.oneOrder : words.customer.orders(countText(orders))}
      </span>
    </span>
  );
}
