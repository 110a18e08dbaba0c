import { Button } from "@mantine/core";
import { Link } from "react-router";
import { words } from "../words/words.ts";
import { type CustomersView, isAsked, isFiltered } from "./view.ts";

const text = words.customers;

interface NobodyProps {
  view: CustomersView;
  suggestions: readonly string[];
  onChange: (change: Partial<CustomersView>) => void;
}

/** Why there is nobody, and what would help. */
export function Nobody({ view, suggestions, onChange }: NobodyProps) {
  const why = isAsked(view.q) ? text.none(view.q.trim()) : isFiltered(view) ? text.noneFiltered : text.noneHere;
  return (
    <>
      <p className="stateTitle">{isAsked(view.q) || isFiltered(view) ? text.noneTitle : text.noneHereTitle}</p>
      <p>{why}</p>
      {suggestions.length > 0 && (
        <>
          <p>{text.near}</p>
          <div className="suggestions">
            {suggestions.map((spelling) => (
              <Button key={spelling} variant="default" h="var(--c360-target)" onClick={() => onChange({ q: spelling })}>
                {spelling}
              </Button>
            ))}
          </div>
        </>
      )}
      {isAsked(view.q) && suggestions.length === 0 && (
        <Button variant="default" h="var(--c360-target)" onClick={() => onChange({ q: "" })}>
          {text.clearSearch}
        </Button>
      )}
      {isFiltered(view) && (
        <Button
          variant="default"
          h="var(--c360-target)"
          onClick={() => onChange({ source: null, minRevenue: null, consent: null, seenWithin: null })}
        >
          {text.filters.clear}
        </Button>
      )}
      {!isAsked(view.q) && !isFiltered(view) && (
        <Button variant="default" h="var(--c360-target)" component={Link} to="/sources">
          {text.toSources}
        </Button>
      )}
    </>
  );
}
