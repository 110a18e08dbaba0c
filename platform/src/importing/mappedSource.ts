import { Problem } from "../model/problem.ts";
import { type SourceKind, sourceKinds } from "../model/source.ts";
import type { Mapping } from "./mappingSchema.ts";

const defaultKind: SourceKind = "erp";
const idPattern = /^[a-z][a-z0-9_-]{0,62}$/;

/**
 * The source that a file counts for: what is given goes before the mapping's; the kind, which only matters where the
 * source is not there yet, is `erp` when nobody says. Problem 422 `source_invalid` or `source_missing`.
 */
export function mappedSource(
  { source }: Pick<Mapping, "source">,
  given: { source?: string | undefined; kind?: string | undefined },
): { id: string; kind: SourceKind } {
  const id = given.source ?? source?.id;
  if (id === undefined)
    throw new Problem(422, "source_missing", "neither the mapping nor the command says which source the file is from", {
      hint: 'add "source": {"id": "erp", "kind": "erp"} to the mapping, or give --source',
      field: "source",
    });
  if (!idPattern.test(id))
    throw new Problem(422, "source_invalid", "a source's name is lower-case letters, digits, - and _, a letter first", {
      hint: "at most 63 characters, as online-retail",
      field: "source",
    });
  const wanted = given.kind ?? source?.kind ?? defaultKind;
  const kind = sourceKinds.find((known) => known === wanted);
  if (kind !== undefined) return { id, kind };
  throw new Problem(422, "source_invalid", `a source's kind is one of ${sourceKinds.join(", ")}`, { field: "kind" });
}
