import { Link } from "react-router";
import { words } from "../words/words.ts";
import { changeText } from "../parts/changeText.ts";
import type { EffectExample } from "./rulesQueries.ts";

const text = words.rules;

/** Some people now and then, and what makes the difference. */
export function Example({ example: { kind, before, after, because, reasons } }: { example: EffectExample }) {
  const living = new Set(before.map(({ profileId }) => profileId));
  return (
    <li>
      <p className="rulesKind">{text.exampleKinds[kind]}</p>
      <div className="rulesSides">
        <People title={text.before} people={before} living={living} />
        <People title={text.after} people={after} living={living} />
      </div>
      <ul className="rulesCauses">
        {because.map(({ change, alone }) => {
          const told = changeText(change);
          return (
            <li key={change.path}>
              {text.because} <span className="mono">{change.path}</span>: {text.arrow(told.before, told.after)}
              {!alone && ` (${text.together})`}
            </li>
          );
        })}
        {reasons.map((reason) => (
          <li key={reason} className="dimmed">
            {reason}
          </li>
        ))}
      </ul>
    </li>
  );
}

type Person = EffectExample["before"][number];

function People({ title, people, living }: { title: string; people: readonly Person[]; living: ReadonlySet<string> }) {
  return (
    <div>
      <p className="meta">{title}</p>
      <ul className="rulesPeople">
        {people.map(({ profileId, identifiers, identifierCount }) => (
          <li key={`${profileId} ${identifiers[0] ?? ""}`}>
            {living.has(profileId) ? (
              <Link to={`/customers/${profileId}`} className="mono rulesId">
                {profileId}
              </Link>
            ) : (
              <span className="mono rulesId">{profileId}</span>
            )}
            <span className="rulesKeys">
              {identifiers.map((identifier) => (
                <span key={identifier}>{identifier}</span>
              ))}
              {identifierCount > identifiers.length && (
                <span className="dimmed">{text.more(identifierCount - identifiers.length)}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
