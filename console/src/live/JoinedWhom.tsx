import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client.ts";
import type { components } from "../api/openApi.d.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { correctionSource } from "../parts/correctionSource.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { railPages } from "../shell/pages.ts";
import { words } from "../words/words.ts";
import type { Fate } from "./EventDetails.tsx";
import type { LiveRow } from "./rows.ts";
import { typeWords, whoOf } from "./who.ts";

type Edge = components["schemas"]["Edge"];

const text = words.live.details;
const hasCustomerPage = railPages.some(({ path }) => path === "/customers");
const reservedHeight = 140;

/** Whose the event is, and what it showed: who became one person by it, and by which rule. */
export function JoinedWhom({ fate, row }: { fate: Fate; row: LiveRow | null }) {
  if (fate.source === correctionSource) return <Corrected row={row} />;
  const { profileId } = fate;
  if (fate.fate === "pending") return <p className="dimmed">{text.notDecided}</p>;
  if (profileId === null) return <p>{text.unknownCustomer}</p>;
  return (
    <>
      <h3>{text.customer}</h3>
      <CustomerLink profileId={profileId} name={row === null ? null : nameOf(row)} />
      {row?.join != null && <Join join={row.join} />}
      <h3>{text.links}</h3>
      <Links profileId={profileId} messageId={fate.messageId} source={fate.source} />
    </>
  );
}

/** A correction is nobody's event: only whom it joined is told. */
function Corrected({ row }: { row: LiveRow | null }) {
  return (
    <>
      {row?.profileId != null && (
        <>
          <h3>{text.customer}</h3>
          <CustomerLink profileId={row.profileId} name={nameOf(row)} />
        </>
      )}
      {row?.join != null && <Join join={row.join} />}
      <p>
        <Link to="/corrections">{text.toCorrections}</Link>
      </p>
    </>
  );
}

function CustomerLink({ profileId, name }: { profileId: string; name: string | null }) {
  return (
    <p className="customerLine">
      {hasCustomerPage ? (
        <Link to={`/customers/${encodeURIComponent(profileId)}`}>{name ?? text.openCustomer}</Link>
      ) : (
        name !== null && <strong>{name}</strong>
      )}
      <CopyId id={profileId} what="profile id" />
    </p>
  );
}

function Join({ join: { retiredIds, identifiers, rule } }: { join: NonNullable<LiveRow["join"]> }) {
  return (
    <div className="joinBox">
      <p>
        <strong>{rule === "same" || rule === "withdrawn" ? text.saidJoins : text.joins}</strong>
      </p>
      <dl className="fields">
        <div>
          <dt>{text.rule}</dt>
          <dd>{ruleWords(rule)}</dd>
        </div>
        <div>
          <dt>{text.met}</dt>
          <dd>
            {identifiers.map(({ type, value }) => (
              <Identifier key={`${type}:${value}`} text={`${type}:${value}`} />
            ))}
          </dd>
        </div>
        <div>
          <dt>{text.retired}</dt>
          <dd>
            {retiredIds.map((id) => (
              <CopyId key={id} id={id} what="profile id" />
            ))}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Links({ profileId, messageId, source }: { profileId: string; messageId: string; source: string }) {
  const identity = useQuery({
    queryKey: ["identity", profileId],
    queryFn: ({ signal }) => api.get("/api/profiles/id/{id}/identity", { path: { id: profileId }, signal }),
  });
  return (
    <PanelStates query={identity} height={reservedHeight}>
      {({ edges }) => {
        const own = edges.filter((edge) => edge.messageId === messageId && edge.source === source);
        if (own.length === 0) return <p className="dimmed">{text.noLinks}</p>;
        return (
          <ul className="links">
            {own.map((edge) => (
              <li key={`${edge.from} ${edge.to} ${edge.rule}`}>
                <LinkTold edge={edge} />
              </li>
            ))}
          </ul>
        );
      }}
    </PanelStates>
  );
}

function LinkTold({ edge: { from, to, rule, confidence, status, reason } }: { edge: Edge }) {
  return (
    <>
      <span className="linked">
        <Identifier text={from} />
        <span aria-hidden>↔</span>
        <Identifier text={to} />
      </span>
      <span className="meta">
        {ruleWords(rule)} · {text.confidence} {confidence.toFixed(2)}
        {status === "refused" && reason !== null && ` · ${reason}`}
      </span>
    </>
  );
}

function Identifier({ text: key }: { text: string }) {
  const colon = key.indexOf(":");
  return (
    <span className="identifier">
      <span className="meta">{typeWords(key.slice(0, colon))}</span> {key.slice(colon + 1)}
    </span>
  );
}

/** An identifier in place of a name says nothing that is not told below. */
function nameOf(row: LiveRow): string | null {
  const who = row.displayName === null ? null : whoOf(row);
  return who === null || who.type !== null ? null : who.text;
}

function ruleWords(rule: string): string {
  return rule.replaceAll("_", " ");
}
