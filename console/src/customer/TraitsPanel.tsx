import { IconChevronDown, IconChevronRight, IconMathFunction } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";
import { CopyId } from "../parts/CopyId.tsx";
import { Panel } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { computedRows } from "./computedRows.ts";
import { type Profile, type TraitValues, useTraits } from "./customerQueries.ts";
import { useSourceMarks } from "./sourceMarks.ts";
import { traitLabel, traitOrder, traitText } from "./traitText.ts";

const text = words.customer.traits;
const traitPixels = 53;
const headPixels = 44;
const traitHeight = { wide: traitPixels, phone: traitPixels };
type Trait = TraitValues["items"][number];

/** What is known, where it comes from, and who says otherwise. */
export function TraitsPanel({ profile }: { profile: Profile }) {
  const traits = useTraits(profile.id);
  const shown = (items: Trait[]): Trait[] => items.toSorted((a, b) => traitOrder(a.name, b.name));
  const computed = computedRows(profile);
  const rows = Math.max(1, Object.keys(profile.traits ?? {}).length) + computed.length;
  return (
    <Panel title={text.title} query={traits} height={rows * traitPixels + headPixels} rowHeight={traitHeight}>
      {({ items, isWhole }) => (
        <>
          {items.length === 0 && <p className="dimmed">{text.empty}</p>}
          <dl className="traits">
            {shown(items).map((trait) => (
              <TraitRow key={trait.name} trait={trait} />
            ))}
          </dl>
          {!isWhole && <p className="meta">{text.cut}</p>}
          <h3>{text.computed}</h3>
          <dl className="traits workedOut">
            {computed.map(({ label, value, formula, inputs }) => (
              <Disclosure key={label} label={label} value={value} mark={<Computed />}>
                <dl className="inputs">
                  <dt>{text.formula}</dt>
                  <dd>{formula}</dd>
                  <dt>{text.inputs}</dt>
                  <dd>{inputs}</dd>
                </dl>
              </Disclosure>
            ))}
          </dl>
        </>
      )}
    </Panel>
  );
}

function Computed() {
  return (
    <span className="markLine computedMark">
      <IconMathFunction size={14} aria-hidden /> <span className="visuallyHidden">{text.computed}</span>
    </span>
  );
}

function TraitRow({ trait: { name, values } }: { trait: Trait }) {
  const markOf = useSourceMarks();
  const [own, ...others] = values;
  if (own === undefined) return null;
  const said = JSON.stringify(own.value);
  const otherwise = others.filter(({ value }) => JSON.stringify(value) !== said).length;
  return (
    <Disclosure
      label={traitLabel(name)}
      value={traitText(own.value)}
      note={otherwise > 0 ? text.others(otherwise) : null}
      meta={
        <span className="markLine">
          <SourceMark {...markOf(own.source)} /> · <Time at={own.occurredAt} />
        </span>
      }
    >
      <ul className="values">
        {values.map((value, index) => (
          <li key={value.source}>
            <bdi className={index === 0 ? "won" : ""}>{traitText(value.value)}</bdi>
            <span className="toldLine meta">
              <SourceMark {...markOf(value.source)} />
              {words.dot}
              <Time at={value.occurredAt} />
              {words.dot}
              {index === 0 ? text.won : text.lost}
            </span>
            <span className="meta">
              {text.message} <CopyId id={value.messageId} what={text.message.toLowerCase()} />
            </span>
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}

interface DisclosureProps {
  label: string;
  value: string;
  /** Beside the value. */
  mark?: ReactNode;
  /** Below it. */
  meta?: ReactNode;
  note?: string | null;
  children: ReactNode;
}

function Disclosure({ label, value, mark, meta, note = null, children }: DisclosureProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <div className="trait">
      <dt>{label}</dt>
      <dd className="traitWhole">
        <bdi className="traitValue">{value}</bdi> {mark}
        {note !== null && <div className="meta otherwise">{note}</div>}
      </dd>
      {meta !== undefined && <dd className="traitMeta meta">{meta}</dd>}
      <dd className="traitMore">
        <button
          type="button"
          className="disclose"
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          aria-label={text.show(label)}
          onClick={() => setOpen(!isOpen)}
          data-no-print
        >
          {isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
        </button>
      </dd>
      {isOpen && (
        <dd id={id} className="traitInside">
          {children}
        </dd>
      )}
    </div>
  );
}
