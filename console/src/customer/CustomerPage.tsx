import { Anchor, Button } from "@mantine/core";
import { Link, Navigate, useLocation, useParams } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { AskProvider } from "../corrections/AskProvider.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { AnonymousNote } from "./AnonymousNote.tsx";
import { CustomerHead } from "./CustomerHead.tsx";
import { type Profile, useProfile } from "./customerQueries.ts";
import { useCustomerView } from "./customerView.ts";
import { HouseholdPanel } from "./HouseholdPanel.tsx";
import { IdentityPanel } from "./IdentityPanel.tsx";
import { RetiredNote, retiredIn } from "./RetiredNote.tsx";
import { SpendPanel } from "./SpendPanel.tsx";
import { TimelinePanel } from "./TimelinePanel.tsx";
import { TraitsPanel } from "./TraitsPanel.tsx";
import { useLiveCustomer } from "./useLiveCustomer.ts";
import { isAnonymous } from "./who.ts";
import "./customer.css";

const text = words.customer;
const reservedHeight = 480;

/** Who is this, what did they do last, may I write to them? */
export function CustomerPage() {
  // Around the whole: who is merged into somebody else leads there, and what was begun goes on.
  return (
    <AskProvider>
      <OfAddress />
    </AskProvider>
  );
}

function OfAddress() {
  const { id = "" } = useParams();
  const { search, hash } = useLocation();
  const profile = useProfile(id);
  const living = profile.data?.id ?? id;
  if (living !== id) {
    return <Navigate to={`/customers/${living}${search}${hash}`} replace state={{ retired: id }} />;
  }
  return (
    <>
      <Anchor component={Link} to="/customers" size="sm" className="backLink" data-no-print>
        ← {text.all}
      </Anchor>
      {profile.error instanceof ApiProblem && profile.error.status === 404 ? (
        <Missing id={id} />
      ) : (
        <>
          {profile.data === undefined && <PageHead title={text.untitled} />}
          <PanelStates query={profile} height={reservedHeight}>
            {(data) => <Customer key={data.id} profile={data} />}
          </PanelStates>
        </>
      )}
    </>
  );
}

function Missing({ id }: { id: string }) {
  return (
    <>
      <PageHead title={text.missingTitle} lead={text.missing(id)} />
      <Button component={Link} to="/customers" variant="default" h="var(--c360-target)">
        {text.all}
      </Button>
    </>
  );
}

function Customer({ profile }: { profile: Profile }) {
  const control = useCustomerView();
  const live = useLiveCustomer(profile.id, control.view.source);
  const retired = retiredIn(useLocation().state);
  return (
    <article className="customer">
      <CustomerHead profile={profile} live={live} />
      {retired !== null && <RetiredNote id={retired} />}
      {isAnonymous(profile) && <AnonymousNote profile={profile} />}
      <div className="customerGrid">
        <div className="customerColumn areaTraits">
          <TraitsPanel profile={profile} />
        </div>
        <div className="customerColumn areaMiddle">
          <SpendPanel profile={profile} control={control} />
          <TimelinePanel profile={profile} control={control} />
        </div>
        <div className="customerColumn areaIdentity">
          <IdentityPanel profile={profile} control={control} />
          <HouseholdPanel profile={profile} />
        </div>
      </div>
    </article>
  );
}
