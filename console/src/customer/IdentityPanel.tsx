import { Button, Modal, SegmentedControl } from "@mantine/core";
import { IconMaximize } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useAsk } from "../corrections/asked.ts";
import { countText } from "../parts/countText.ts";
import { OnSight } from "../parts/OnSight.tsx";
import { Panel, Waiting } from "../parts/Panel.tsx";
import { useKeys } from "../shell/useKeys.ts";
import { useIsPhone } from "../theme/useIsPhone.ts";
import { words } from "../words/words.ts";
import { confidenceText } from "./confidenceText.ts";
import { type Profile, useIdentity } from "./customerQueries.ts";
import type { ViewControl } from "./customerView.ts";
import { nodeSize, rowPixelsOf } from "./graphSizes.ts";
import { IdentityList } from "./IdentityList.tsx";
import { type FoldedPicture, foldedPicture, type IdentityPicture, pictureOf } from "./records.ts";
import { WhyForm } from "./WhyForm.tsx";

const text = words.customer.identity;
const reservedHeight = 420;
const leastGraphPixels = 120;
const IdentityGraph = lazy(async () => ({ default: (await import("./IdentityGraph.tsx")).IdentityGraph }));

interface IdentityProps {
  profile: Profile;
  control: ViewControl;
}

/** The records that are this person and the identifiers that tie them; why any two are one. */
export function IdentityPanel({ profile, control }: IdentityProps) {
  const { view, change } = control;
  const ask = useAsk();
  const identity = useIdentity(profile.id);
  const picture = useMemo(
    () => (identity.data === undefined ? undefined : pictureOf(identity.data, profile.identifiers ?? [])),
    [identity.data, profile.identifiers],
  );
  useKeys({
    // It also begins the shell's G and then a letter.
    g: () => (change({ identity: "graph" }), false),
    l: () => change({ identity: view.identity === "list" ? "graph" : "list" }),
  });
  const [isPressed, setPressed] = useState(false);
  const pick = (key: string): void => {
    setPressed(true);
    if (view.a === key) change({ a: view.b, b: null });
    else if (view.b === key) change({ b: null });
    else change(view.a === null || view.b !== null ? { a: key, b: null } : { b: key });
  };
  const askWhy = (a: string, b: string): void => {
    setPressed(true);
    change({ a, b });
  };
  return (
    <Panel
      title={text.title}
      query={{ ...identity, data: picture }}
      height={reservedHeight}
      actions={<ViewChoice view={view.identity} onChange={(identity) => change({ identity })} />}
      isEmpty={({ identifiers }) => identifiers.length === 0}
      empty={<p>{text.empty}</p>}
    >
      {(known) => (
        <>
          <Summary picture={known} />
          <Picture
            picture={known}
            view={view.identity}
            picked={[view.a, view.b]}
            onPick={pick}
            onAsk={askWhy}
            onTakeOut={(identifier) => ask({ step: "split", profile, identifier })}
          />
          <WhyForm
            key={`${view.a} ${view.b}`}
            profile={profile}
            picture={known}
            a={view.a}
            b={view.b}
            isAnswerWanted={isPressed}
            onAsk={askWhy}
          />
        </>
      )}
    </Panel>
  );
}

function ViewChoice({ view, onChange }: { view: "graph" | "list"; onChange: (view: "graph" | "list") => void }) {
  return (
    <SegmentedControl
      size="xs"
      value={view}
      onChange={(value) => onChange(value === "list" ? "list" : "graph")}
      data={[
        { value: "graph", label: text.graph },
        { value: "list", label: text.list },
      ]}
      aria-label={text.view}
      data-no-print
    />
  );
}

function Summary({ picture: { records, shared, weakest } }: { picture: IdentityPicture }) {
  return (
    <p className="meta identitySummary">
      {records.length === 1 ? text.oneRecord : text.records(countText(records.length))} ·{" "}
      {shared === 1 ? text.oneShared : text.shared(countText(shared))}
      {weakest !== null && ` · ${text.weakest(confidenceText(weakest))}`}
    </p>
  );
}

interface PictureProps {
  picture: IdentityPicture;
  view: "graph" | "list";
  picked: readonly (string | null)[];
  onPick: (key: string) => void;
  onAsk: (a: string, b: string) => void;
  onTakeOut: (key: string) => void;
}

function Picture({ picture, view, picked, onPick, onAsk, onTakeOut }: PictureProps) {
  const [isLarge, setLarge] = useState(false);
  const folded = useMemo(() => foldedPicture(picture), [picture]);
  const isPhone = useIsPhone();
  const nodeHeight = isPhone ? nodeSize.height.phone : nodeSize.height.wide;
  const list = <IdentityList picture={picture} picked={picked} onPick={onPick} onAsk={onAsk} onTakeOut={onTakeOut} />;
  if (view === "list") return list;
  if (folded === null) {
    return (
      <>
        <p className="meta">{text.tooMany(countText(picture.records.length + picture.identifiers.length))}</p>
        {list}
      </>
    );
  }
  // The answer stands below the small one.
  const ask = (a: string, b: string): void => (setLarge(false), onAsk(a, b));
  const graph = (
    <Suspense fallback={<Waiting height={heightOf(folded, nodeHeight)} />}>
      <IdentityGraph
        folded={folded}
        refused={picture.refused}
        picked={picked}
        onPick={onPick}
        onAsk={ask}
        height={nodeHeight}
        isLarge={isLarge}
      />
    </Suspense>
  );
  return (
    <>
      <div className="graphScroller">
        <OnSight height={heightOf(folded, nodeHeight)}>{!isLarge && graph}</OnSight>
      </div>
      {picture.refused.length > 0 && <p className="meta refusedKey">{text.refusedKey}</p>}
      <div className="graphFoot" data-no-print>
        <span className="meta">{text.pick}</span>
        <Button
          variant="subtle"
          size="xs"
          h="var(--c360-target)"
          leftSection={<IconMaximize size={14} />}
          onClick={() => setLarge(true)}
        >
          {text.larger}
        </Button>
      </div>
      <Modal
        opened={isLarge}
        onClose={() => setLarge(false)}
        title={text.title}
        fullScreen
        closeButtonProps={{ "aria-label": text.largerClose, size: "var(--c360-target)" }}
      >
        <div className="largeGraph">{isLarge && graph}</div>
      </Modal>
    </>
  );
}

function heightOf({ records, identifiers }: FoldedPicture, nodeHeight: number): number {
  const rows = Math.max(records.length, identifiers.length);
  return Math.max(leastGraphPixels, rows * rowPixelsOf(nodeHeight));
}
