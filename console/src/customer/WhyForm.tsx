import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { useAsk } from "../corrections/asked.ts";
import { surestOf } from "../corrections/wanted.ts";
import { fieldName } from "../customers/matchText.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { type Profile, useWhy, type WhyAnswer } from "./customerQueries.ts";
import { IdentifierText } from "./IdentifierText.tsx";
import { CutButton, EdgeTold } from "./EdgeTold.tsx";
import type { Edge } from "./joins.ts";
import { type IdentityPicture, typeOf, valueOf } from "./records.ts";

const text = words.customer.identity.why;
const reservedHeight = 108;
const other = "other";
const keyShape = /^[a-z][a-z0-9_]{0,39}:.+$/s;

interface WhyProps {
  profile: Profile;
  picture: IdentityPicture;
  a: string | null;
  b: string | null;
  /** Somebody asks just now: the answer is brought into sight. */
  isAnswerWanted: boolean;
  onAsk: (a: string, b: string) => void;
}

/** Why two identifiers are one person, or why they are not: of this person, or against anybody's. */
export function WhyForm({ profile, picture, a, b, isAnswerWanted, onAsk }: WhyProps) {
  const askDialog = useAsk();
  const own = new Set(picture.identifiers.map(({ key }) => key));
  const [first, setFirst] = useState(a ?? "");
  const [second, setSecond] = useState(b === null ? "" : own.has(b) ? b : other);
  const [typed, setTyped] = useState(b === null || own.has(b) ? "" : b);
  const [error, setError] = useState<string | null>(null);
  const ask = (event: SubmitEvent): void => {
    event.preventDefault();
    const against = second === other ? typed.trim() : second;
    if (!keyShape.test(first) || !keyShape.test(against)) return setError(text.unknown);
    if (first === against) return setError(text.twice);
    setError(null);
    onAsk(first, against);
  };
  const find = (): void =>
    askDialog({
      step: "find",
      to: "why",
      profile,
      onFound: (found) => onAsk(first === "" ? (surestOf(profile.identifiers ?? []) ?? "") : first, found),
    });
  const choices = picture.identifiers.map(({ key }) => ({
    value: key,
    label: `${fieldName(typeOf(key))} ${valueOf(key)}`,
  }));
  const none = { value: "", label: text.choose };
  return (
    <div className="why" data-no-print={a === null || b === null ? "" : undefined}>
      <h3>{text.title}</h3>
      <form className="whyForm" onSubmit={ask} noValidate data-no-print>
        <NativeSelect
          aria-label={text.a}
          value={first}
          data={[none, ...withOwn(choices, first)]}
          onChange={(event) => setFirst(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label={text.b}
          value={second}
          data={[none, ...choices, { value: other, label: text.other }]}
          onChange={(event) => setSecond(event.currentTarget.value)}
        />
        {second === other && <SomebodyElse typed={typed} onType={setTyped} onFind={find} />}
        {error !== null && (
          <p className="whyError" role="alert">
            {error}
          </p>
        )}
        <Button type="submit" variant="default" h="var(--c360-target)">
          {text.ask}
        </Button>
      </form>
      {a !== null && b !== null && <Why a={a} b={b} isWanted={isAnswerWanted} />}
    </div>
  );
}

interface SomebodyProps {
  typed: string;
  onType: (typed: string) => void;
  onFind: () => void;
}

function SomebodyElse({ typed, onType, onFind }: SomebodyProps) {
  return (
    <>
      <TextInput
        aria-label={text.otherLabel}
        placeholder={text.otherPlaceholder}
        value={typed}
        onChange={(event) => onType(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <Button variant="subtle" h="var(--c360-target)" onClick={onFind}>
        {text.find}
      </Button>
    </>
  );
}

function withOwn(choices: { value: string; label: string }[], own: string) {
  return own === "" || choices.some(({ value }) => value === own) ? choices : [...choices, { value: own, label: own }];
}

function Why({ a, b, isWanted }: { a: string; b: string; isWanted: boolean }) {
  const why = useWhy({ a, b });
  const place = useRef<HTMLDivElement>(null);
  const isThere = why.data !== undefined || why.error !== null;
  useEffect(() => {
    if (isWanted && isThere) place.current?.scrollIntoView({ block: "nearest" });
  }, [isWanted, isThere]);
  return (
    <div ref={place} className="whyPlace">
      <PanelStates query={why} height={reservedHeight}>
        {(answer) => <Answer answer={answer} />}
      </PanelStates>
    </div>
  );
}

function Answer({ answer: { a, b, samePerson, path, refused, explanation } }: { answer: WhyAnswer }) {
  const steps = samePerson ? path : refused;
  return (
    <div className="whyAnswer" role="status">
      <p className={samePerson ? "verdict same" : "verdict apart"}>
        {samePerson ? <IconCircleCheck size={16} aria-hidden /> : <IconCircleX size={16} aria-hidden />}
        {samePerson ? text.same : text.apart}
      </p>
      <p>{explanation}</p>
      {steps.length > 0 && (
        <ol className="whySteps" data-testid="why-steps">
          {steps.map((edge) => (
            <Step key={`${edge.from} ${edge.to} ${edge.source} ${edge.rule}`} edge={edge} />
          ))}
        </ol>
      )}
      {a !== b && <PairActions pair={{ a, b }} samePerson={samePerson} />}
    </div>
  );
}

/** What may be said of the two. */
function PairActions({ pair, samePerson }: { pair: { a: string; b: string }; samePerson: boolean }) {
  const ask = useAsk();
  const say = (manner: "merge" | "apart" | "unmerge") => (): void =>
    ask({ step: "say", manner, wanted: { [manner]: pair } });
  const menu = words.corrections.menu;
  return (
    <div className="edgeActions" data-no-print>
      <Button variant="default" h="var(--c360-target)" onClick={say(samePerson ? "unmerge" : "merge")}>
        {samePerson ? menu.split : menu.merge}
      </Button>
      <Button variant="default" h="var(--c360-target)" onClick={say("apart")}>
        {menu.keepApart}
      </Button>
    </div>
  );
}

function Step({ edge }: { edge: Edge }) {
  return (
    <li className={edge.status === "refused" ? "refusedEdge" : ""}>
      <IdentifierText value={edge.from} />
      <br />
      <IdentifierText value={edge.to} />
      <EdgeTold edge={edge} />
      {edge.reason !== null && <span className="meta refusedReason">{edge.reason}</span>}
      <span className="meta">
        <CopyId id={edge.messageId} what={words.customer.event.message.toLowerCase()} />
      </span>
      {edge.status === "active" && <CutButton edge={edge} />}
    </li>
  );
}
