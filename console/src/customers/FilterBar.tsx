import { Button, NativeSelect } from "@mantine/core";
import { consentText } from "../parts/consentText.ts";
import { moneyText } from "../parts/moneyText.ts";
import { sourceKinds } from "../parts/SourceMark.tsx";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { useFacets } from "./customerSearch.ts";
import { type CustomersView, isFiltered } from "./view.ts";

const text = words.customers.filters;
/** Whole units of the home currency. */
const spendSteps = [1, 50, 100, 500, 1_000, 5_000];
const sourcesEveryMs = 60_000;
const none = "";

interface FilterProps {
  view: CustomersView;
  onChange: (change: Partial<CustomersView>) => void;
}

/** Source, spend, consent, last seen. What the address holds can be chosen even where it is not on offer. */
export function FilterBar({ view, onChange }: FilterProps) {
  const { currency = null, consents = [] } = useFacets().data ?? {};
  return (
    <div className="filterBar" role="group" aria-label={text.label}>
      <SourceFilter view={view} onChange={onChange} />
      <Filter
        label={text.spend}
        any={text.anySpend}
        value={view.minRevenue === null ? null : String(view.minRevenue)}
        choices={spendChoices(currency, view.minRevenue)}
        onChange={(value) => onChange({ minRevenue: value === null ? null : Number(value) })}
      />
      <Filter
        label={text.consent}
        any={text.anyConsent}
        value={view.consent}
        choices={consentChoices(consents, view.consent)}
        onChange={(consent) => onChange({ consent })}
      />
      <Filter
        label={text.seen}
        any={text.anySeen}
        value={view.seenWithin}
        choices={withOwn(Object.entries(text.within), view.seenWithin)}
        onChange={(seenWithin) => onChange({ seenWithin })}
      />
      {isFiltered(view) && (
        <Button
          variant="subtle"
          h="var(--c360-target)"
          onClick={() => onChange({ source: null, minRevenue: null, consent: null, seenWithin: null })}
        >
          {text.clear}
        </Button>
      )}
    </div>
  );
}

type Choice = [value: string, label: string];

function withOwn(choices: Choice[], own: string | null): Choice[] {
  return own === null || choices.some(([value]) => value === own) ? choices : [...choices, [own, own]];
}

function spendChoices(currency: string | null, own: number | null): Choice[] {
  const unit = currency === null ? 100 : minorUnits(currency);
  const label = (amount: number): string =>
    text.atLeast(currency === null ? String(amount / unit) : moneyText({ amount, currency }));
  const amounts = new Set(spendSteps.map((step) => step * unit));
  if (own !== null) amounts.add(own);
  return [...amounts].sort((a, b) => a - b).map((amount) => [String(amount), label(amount)]);
}

function minorUnits(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return 10 ** maximumFractionDigits;
}

function consentChoices(consents: readonly string[], own: string | null): Choice[] {
  const choices = consents.flatMap((name): Choice[] => [
    [name, text.granted(consentText(name))],
    [`${name}:denied`, text.denied(consentText(name))],
  ]);
  return withOwn(choices, own);
}

function SourceFilter({ view, onChange }: FilterProps) {
  const sources = useSources({ everyMs: sourcesEveryMs }).data ?? [];
  const kinds = sourceKinds.map((value) => ({ value: value as string, label: words.kinds[value] }));
  const named = sources
    .filter(({ id }) => !kinds.some(({ value }) => value === id))
    .map(({ id, name }) => ({ value: id, label: name }));
  const isKnown = view.source === null || [...kinds, ...named].some(({ value }) => value === view.source);
  const own = isKnown ? [] : [{ value: view.source ?? none, label: view.source ?? none }];
  return (
    <NativeSelect
      aria-label={text.source}
      value={view.source ?? none}
      onChange={(event) => onChange({ source: event.currentTarget.value === none ? null : event.currentTarget.value })}
      data={[
        { value: none, label: text.anySource },
        { group: text.kinds, items: kinds },
        ...(named.length + own.length === 0 ? [] : [{ group: text.sources, items: [...named, ...own] }]),
      ]}
    />
  );
}

interface OneFilterProps {
  label: string;
  any: string;
  value: string | null;
  choices: Choice[];
  onChange: (value: string | null) => void;
}

function Filter({ label, any, value, choices, onChange }: OneFilterProps) {
  return (
    <NativeSelect
      aria-label={label}
      value={value ?? none}
      data={[{ value: none, label: any }, ...choices.map(([value, label]) => ({ value, label }))]}
      onChange={(event) => onChange(event.currentTarget.value === none ? null : event.currentTarget.value)}
    />
  );
}
