import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { fieldName } from "../customers/matchText.ts";
import { type Profile, useIdentity } from "../customer/customerQueries.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import type { Manner } from "./asked.ts";
import { maxCorrections, takingOut, type Wanted } from "./wanted.ts";

const text = words.corrections.split;
const reservedHeight = 180;

interface SplitProps {
  profile: Profile;
  /** To be taken out. */
  identifier?: string;
  onSay: (manner: Manner, wanted: Wanted) => void;
  onCancel: () => void;
}

type Identity = NonNullable<ReturnType<typeof useIdentity>["data"]>;

/** What is to be parted from what. */
export function SplitForm({ profile, ...form }: SplitProps) {
  const identity = useIdentity(profile.id);
  return (
    <PanelStates query={identity} height={reservedHeight}>
      {(known) => <Form identity={known} profile={profile} {...form} />}
    </PanelStates>
  );
}

function Form({ identity, profile, identifier = "", onSay, onCancel }: SplitProps & { identity: Identity }) {
  const [kind, setKind] = useState<"takeOut" | "cut">("takeOut");
  const [one, setOne] = useState("");
  const [other, setOther] = useState(identifier);
  const [error, setError] = useState<string | null>(null);
  const own = (profile.identifiers ?? []).map(({ type, value }) => ({
    value: `${type}:${value}`,
    label: `${fieldName(type)} ${value}`,
  }));
  if (own.length < 2) return <p>{text.single}</p>;
  const choices = [{ value: "", label: text.choose }, ...own];
  const look = (event: SubmitEvent): void => {
    event.preventDefault();
    if (other === "" || (kind === "cut" && one === "")) return setError(text.missing);
    if (kind === "cut") {
      return one === other ? setError(text.twice) : onSay("unmerge", { unmerge: { a: one, b: other } });
    }
    const wanted = takingOut(other, identity.edges);
    if (wanted === null) return setError(text.tooMany(countText(maxCorrections)));
    onSay("takeOut", wanted);
  };
  return (
    <form className="sayForm" onSubmit={look} noValidate>
      <SegmentedControl
        value={kind}
        onChange={(value) => (setError(null), setKind(value === "cut" ? "cut" : "takeOut"))}
        data={[
          { value: "takeOut", label: text.takeOut },
          { value: "cut", label: text.cut },
        ]}
        aria-label={text.kinds}
      />
      {kind === "cut" && (
        <NativeSelect
          label={text.one}
          data={choices}
          value={one}
          onChange={(event) => setOne(event.currentTarget.value)}
        />
      )}
      <NativeSelect
        label={kind === "cut" ? text.other : text.identifier}
        data={choices}
        value={other}
        onChange={(event) => setOther(event.currentTarget.value)}
      />
      {error !== null && (
        <p className="sayError" role="alert">
          {error}
        </p>
      )}
      <div className="sayActions">
        <Button variant="default" h="var(--c360-target)" onClick={onCancel}>
          {words.corrections.cancel}
        </Button>
        <Button type="submit" h="var(--c360-target)">
          {text.look}
        </Button>
      </div>
    </form>
  );
}
