import { consentText } from "../parts/consentText.ts";
import { countText } from "../parts/countText.ts";
import { spendTexts } from "../customer/spendTexts.ts";
import { words } from "../words/words.ts";
import type { Review } from "./reviewQueries.ts";

const text = words.review.effect;
type Profile = Review["a"]["profile"];

/** Who would be who, and what changes for them. */
export function Effect({ review }: { review: Review }) {
  const { effect, a, b } = review;
  return (
    <section className="panel reviewEffect" aria-labelledby="reviewEffect">
      <div className="panelHead">
        <h2 id="reviewEffect">{words.review.effectTitle}</h2>
      </div>
      {effect === null ? (
        <p className="dimmed">{text.none}</p>
      ) : (
        <>
          <ul className="reviewEffects">
            <li>{text.profiles(countText(effect.before.length), countText(effect.after.length))}</li>
            <Spend before={[a.profile, b.profile]} after={effect.after.map(({ profile }) => profile)} />
            {changedConsents([a.profile, b.profile], effect.after[0]?.profile).map(([name, status]) => (
              <li key={name}>{text.consent(consentText(name), status)}</li>
            ))}
            {effect.conflicts.map(({ reason }) => (
              <li key={reason} className="reviewConflict">
                {reason}
              </li>
            ))}
          </ul>
          <p className="meta">{text.keeps}</p>
        </>
      )}
    </section>
  );
}

function Spend({ before, after }: { before: Profile[]; after: Profile[] }) {
  const spent = (profiles: Profile[]): string => {
    const texts = profiles.map(({ computed }) => spendTexts(computed).join(" · "));
    return texts.filter((each) => each !== "").join(" + ");
  };
  const [was, becomes] = [spent(before), spent(after)];
  return was === becomes || was === "" ? null : <li className="numbers">{text.spend(was, becomes)}</li>;
}

/** Those of which the two do not say the same. */
function changedConsents([one, other]: Profile[], after: Profile | undefined): [string, string][] {
  return Object.entries(after?.consents ?? {}).flatMap(([name, { status }]): [string, string][] => {
    const said = [one?.consents?.[name]?.status, other?.consents?.[name]?.status];
    const isTold = said.some((each) => each !== undefined && each !== status);
    return isTold ? [[name, status === "granted" ? text.granted : text.denied]] : [];
  });
}
