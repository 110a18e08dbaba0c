import { IconArrowRight, IconBan, IconCheck } from "@tabler/icons-react";
import { spendTexts } from "../customer/spendTexts.ts";
import { traitLabel, traitText } from "../customer/traitText.ts";
import { displayNameOf } from "../customer/who.ts";
import { useSourceMarks } from "../customer/sourceMarks.ts";
import { consentText } from "../parts/consentText.ts";
import { countText } from "../parts/countText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { winnings } from "./compare.ts";
import type { CorrectionPreview, PersonSeen } from "./correctionQueries.ts";
import { KeyText } from "./KeyText.tsx";
import { surestFirst } from "./wanted.ts";

const text = words.corrections;
const maxPeople = 6;
const maxIdentifiers = 6;
const maxWinnings = 8;

type Effect = Pick<CorrectionPreview, "before" | "after" | "conflicts">;

export function peopleText(people: number): string {
  return people === 1 ? text.onePerson : text.people(countText(people));
}

/** Who is there now and who would be, what of it wins where they differ, and what has no effect. */
export function EffectView({ effect: { before, after, conflicts } }: { effect: Effect }) {
  const isSame = before.map(membersOf).join("\n\n") === after.map(membersOf).join("\n\n");
  return (
    <div className="effect">
      <div className="effectSides">
        <People title={text.before(peopleText(before.length))} people={before} />
        <IconArrowRight size={20} className="effectArrow" aria-hidden />
        <People title={text.after(peopleText(after.length))} people={after} />
      </div>
      {isSame && <p className="meta">{text.sameMembers}</p>}
      <Winnings before={before} after={after} />
      {conflicts.length > 0 && (
        <>
          <h3>{text.conflicts}</h3>
          <ul className="conflicts">
            {conflicts.map(({ a, b, reason }) => (
              <li key={`${a} ${b}`}>
                <KeyText value={a} /> – <KeyText value={b} />: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function membersOf({ identifiers }: PersonSeen): string {
  return identifiers.join("\n");
}

function People({ title, people }: { title: string; people: readonly PersonSeen[] }) {
  return (
    <section className="effectSide">
      <h3>{title}</h3>
      {people.slice(0, maxPeople).map((person) => (
        <PersonCard key={person.profile.id} person={person} />
      ))}
      {people.length > maxPeople && <p className="meta">{text.more(countText(people.length - maxPeople))}</p>}
    </section>
  );
}

function PersonCard({ person: { identifiers, profile } }: { person: PersonSeen }) {
  const orders = profile.computed?.orderCount ?? 0;
  const events = profile.computed?.eventCount ?? 0;
  return (
    <div className="personCard" data-testid="person-card">
      <p className="personName">
        <bdi>{displayNameOf(profile)}</bdi>
      </p>
      <ul aria-label={text.identifiers}>
        {surestFirst(identifiers)
          .slice(0, maxIdentifiers)
          .map((key) => (
            <li key={key}>
              <KeyText value={key} />
            </li>
          ))}
        {identifiers.length > maxIdentifiers && (
          <li className="meta">{text.more(countText(identifiers.length - maxIdentifiers))}</li>
        )}
      </ul>
      <p className="meta numbers">
        {orders === 1 ? words.customer.oneOrder : words.customer.orders(countText(orders))} ·{" "}
        {spendTexts(profile.computed).join(" + ")} · {events === 1 ? text.oneEvent : text.events(countText(events))}
      </p>
      <Consents consents={profile.consents ?? {}} />
    </div>
  );
}

function Consents({ consents }: { consents: NonNullable<PersonSeen["profile"]["consents"]> }) {
  const told = Object.entries(consents);
  if (told.length === 0) return <p className="meta">{words.customer.noConsents}</p>;
  return (
    <ul className="cardConsents" aria-label={words.customer.consents}>
      {told.map(([name, { status }]) => (
        <li key={name} className={`cardConsent ${status} markLine`}>
          {status === "granted" ? <IconCheck size={14} aria-hidden /> : <IconBan size={14} aria-hidden />}
          {consentText(name)} {status === "granted" ? words.customer.granted : words.customer.denied}
        </li>
      ))}
    </ul>
  );
}

function Winnings({ before, after }: Pick<Effect, "before" | "after">) {
  const markOf = useSourceMarks();
  const all = winnings(before, after);
  if (all.length === 0) return null;
  return (
    <>
      <h3>{text.wins.title}</h3>
      <ul className="winnings">
        {all.slice(0, maxWinnings).map(({ name, won, lost }) => (
          <li key={name}>
            <span className="dimmed">{traitLabel(name)}</span> <bdi className="won">{traitText(won.value)}</bdi>{" "}
            <span className="dimmed">{text.wins.over(lost.map(({ value }) => traitText(value)).join(", "))}</span>
            <span className="toldLine meta">
              <SourceMark {...markOf(won.source)} />
              {words.dot}
              <Time at={won.occurredAt} />
            </span>
          </li>
        ))}
      </ul>
      {all.length > maxWinnings && <p className="meta">{text.more(countText(all.length - maxWinnings))}</p>}
    </>
  );
}
