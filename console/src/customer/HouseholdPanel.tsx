import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type AnswerOf, api } from "../api/client.ts";
import { countText } from "../parts/countText.ts";
import { Panel } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import type { Profile } from "./customerQueries.ts";

const text = words.household;
const rowPixels = 44;
const headPixels = 96;

type Household = AnswerOf<"/api/households/{id}", "get">;

/** Who lives with this customer, as far as it is known, and what says so. Nobody of them is this customer. */
export function HouseholdPanel({ profile }: { profile: Profile }) {
  const { household = null } = profile;
  const query = useQuery({
    queryKey: ["household", household?.id],
    queryFn: ({ signal }) => api.get("/api/households/{id}", { path: { id: household?.id ?? "" }, signal }),
    enabled: household !== null,
  });
  if (household === null) {
    const none = { data: null, error: null, isPending: false, refetch: () => undefined };
    return (
      <Panel
        title={text.title}
        query={none}
        height={0}
        isEmpty={() => true}
        empty={<p className="dimmed">{text.none}</p>}
      >
        {() => null}
      </Panel>
    );
  }
  return (
    <Panel title={text.title} query={query} height={headPixels + household.people * rowPixels}>
      {(known) => <Members household={known} id={profile.id} />}
    </Panel>
  );
}

function Members({ household: { members, shared, isWhole }, id }: { household: Household; id: string }) {
  return (
    <>
      <p className="meta">{text.lead}</p>
      <ul className="householdMembers">
        {members.map((member) => (
          <li key={member.id}>
            {member.id === id ? (
              <span>
                <bdi>{member.displayName}</bdi> <span className="meta">({text.self})</span>
              </span>
            ) : (
              <Link to={`/customers/${member.id}`}>
                <bdi>{member.displayName}</bdi>
              </Link>
            )}
            {member.id !== id && (
              <span className="meta">{text.shares(member.shares.map((kind) => text.kinds[kind]).join(", "))}</span>
            )}
          </li>
        ))}
      </ul>
      {!isWhole && <p className="meta">{text.more}</p>}
      <h3>{text.values}</h3>
      <dl className="householdValues">
        {shared.map(({ kind, value, members: having }) => (
          <div key={`${kind} ${value}`}>
            <dt>{text.kindNames[kind]}</dt>
            <dd>
              <bdi>{value}</bdi> <span className="meta numbers">{text.of(countText(having.length))}</span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
