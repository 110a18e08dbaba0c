import { useSources } from "../sources/sourceQueries.ts";

const everyMs = 60_000;

export interface MarkedSource {
  kind: string;
  /** Left out where the kind says enough: it is the only source of its kind. */
  label?: string;
}

/** How a source is shown, by its id. */
export function useSourceMarks(): (id: string) => MarkedSource {
  const sources = useSources({ everyMs }).data ?? [];
  return (id) => {
    const source = sources.find((each) => each.id === id);
    if (source === undefined) return { kind: id, label: id };
    const isOnly = sources.filter(({ kind }) => kind === source.kind).length === 1;
    return isOnly ? { kind: source.kind } : { kind: source.kind, label: source.name };
  };
}
