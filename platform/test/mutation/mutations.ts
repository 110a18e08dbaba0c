/** What came of the tests of one file. */
export interface Tried {
  /** Its name; `nothingChanged` without one. */
  mutation: string;
  /** Full names of tests; of a file that could not be loaded, the reason stands among `failed`. */
  passed: string[];
  failed: string[];
}

export const nothingChanged = "nothing changed";

/** One small fault that somebody could make in the resolver. */
export interface Mutation {
  name: string;
  /** Below `platform/src`. */
  file: string;
  /** Stands there exactly once. */
  from: string;
  to: string;
  /** Of `platform/src`, those that are run: all that name a property would take long. */
  tests: readonly string[];
  /** Numbers of the properties of docs/identity.md of which at least one test must fail. */
  breaks: readonly number[];
}

export const mutations: readonly Mutation[] = [
  {
    name: "a person takes one more than the limit",
    file: "identity/held.ts",
    from: "if (count > rulesOfType(type, rules).limit &&",
    to: "if (count > rulesOfType(type, rules).limit + 1 &&",
    tests: ["identity/resolve.test.ts"],
    breaks: [4],
  },
  {
    name: "evidence is taken by when it came",
    file: "identity/edgeOrder.ts",
    from: "x.edge.firstAt - y.edge.firstAt ||",
    to: "",
    tests: ["identity/resolve.test.ts"],
    breaks: [4, 7],
  },
  {
    name: "the cap is forgotten",
    file: "identity/resolve.ts",
    from: "refuse(link.edge, isCut ? capRefusal(rules) : take(link, graph, rules));",
    to: "refuse(link.edge, take(link, graph, rules));",
    tests: ["identity/resolve.test.ts"],
    breaks: [3, 19],
  },
  {
    name: "a component that met the cap goes on growing",
    file: "identity/components.ts",
    from: "else isClosed[x] = isClosed[y] = 1;",
    to: "",
    tests: ["identity/membership.test.ts"],
    breaks: [3, 19],
  },
  {
    name: "a device is shared from the third login on",
    file: "identity/decisions.ts",
    from: 'own.kind === "device" ? rules.sharedDeviceLogins : rules.hubThreshold',
    to: "rules.hubThreshold",
    tests: ["identity/decisions.test.ts"],
    breaks: [8],
  },
  {
    name: "a hub forgets whom it met before",
    file: "identity/decisions.ts",
    from: "const merged = new Set(seenWith);",
    to: "const merged = new Set<IdentifierKey>();",
    tests: ["identity/decisions.test.ts"],
    breaks: [1, 3, 9],
  },
  {
    name: "placeholders count as company",
    file: "identity/decisions.ts",
    from: "&& !isBlocked(witness, rules)",
    to: "",
    tests: ["identity/decisions.test.ts"],
    breaks: [9],
  },
  {
    name: "placeholders are known in lower case only",
    file: "identity/blocked.ts",
    from: 'return value.toLowerCase().replaceAll(/\\s+/g, "");',
    to: 'return value.replaceAll(/\\s+/g, "");',
    tests: ["identity/blocked.test.ts"],
    breaks: [6],
  },
  {
    name: "a shared phone or computer bridges two people",
    file: "identity/held.ts",
    from: "return between === null ? null : { link, type: between };",
    to: "return between === null || between.length > 0 ? null : { link, type: between };",
    tests: ["identity/decisions.test.ts"],
    breaks: [10, 11],
  },
  {
    name: "a device is the last one's at every time",
    file: "identity/tenancies.ts",
    from: "(tenancies[middle]?.from ?? Number.NEGATIVE_INFINITY) <= at",
    to: "(tenancies[middle]?.from ?? Number.NEGATIVE_INFINITY) <= Number.MAX_VALUE",
    tests: ["identity/tenancies.test.ts"],
    breaks: [8],
  },
  {
    name: "what a late login takes stays where it was folded",
    file: "ingestion/tenancies/targets.ts",
    from: "if (to === from) to.kept.push(sighting);",
    to: "if (to === from || sighting.at >= 0) from.kept.push(sighting);",
    tests: ["ingestion/tenancies.test.ts"],
    breaks: [8],
  },
  {
    name: "a late login changes nothing where somebody had the device",
    file: "ingestion/tenancies/whose.ts",
    from: "tenancyAt(before, at).tenant === login",
    to: "tenancyAt(before, at).tenant !== null",
    tests: ["ingestion/tenancies/whose.test.ts"],
    breaks: [1, 8],
  },
  {
    name: "a login in the middle is taken for a later one",
    file: "ingestion/tenancies/whose.ts",
    from: "at <= tally.lastAt)) return null;",
    to: "at <= Number.MIN_SAFE_INTEGER)) return null;",
    tests: ["ingestion/tenancies/whose.test.ts"],
    breaks: [1, 8],
  },
  {
    name: "a crowded device that is surer by other rules leaves what another's tenants had with them",
    file: "ingestion/tenancies/handOver.ts",
    from: "(home === null || closed.has(home))",
    to: "home === null",
    tests: ["ingestion/tenancies/handOver.test.ts"],
    breaks: [8],
  },
  {
    name: "what becomes a device's own elsewhere is not given to whoever had it",
    file: "ingestion/steps/resolvePeople.ts",
    from: 'key !== null && decisionOf(key) === "shared") change',
    to: 'key !== null && decisionOf(key) === "blocked") change',
    tests: ["ingestion/tenancies.test.ts"],
    breaks: [1],
  },
  {
    name: "nobody is kept apart",
    file: "identity/apart.ts",
    from: "return found.toSorted(compareEdges)[0] ?? null;",
    to: "return found.length < 0 ? (found[0] ?? null) : null;",
    tests: ["identity/corrections.test.ts"],
    breaks: [12, 13],
  },
  {
    name: "the first word of a pair holds, not the last",
    file: "model/correction.ts",
    from: "compareCorrections(before, said) < 0",
    to: "compareCorrections(before, said) > 0",
    tests: ["identity/corrections.test.ts"],
    breaks: [12],
  },
  {
    name: "evidence of several events counts as that of one",
    file: "identity/evidence.ts",
    from: "count: x.count + y.count,",
    to: "count: Math.max(x.count, y.count),",
    tests: ["identity/evidence.test.ts"],
    breaks: [1, 2, 3],
  },
  {
    name: "what a former hub's neighbours reach is not looked for",
    file: "identity/reach.ts",
    from: "if (outside !== null) found.add(outside);",
    to: "",
    tests: ["identity/membership.test.ts"],
    breaks: [3],
  },
  {
    name: "a fragment across two components is found from one of them only",
    file: "ingestion/steps/crossings.ts",
    from: "if (isCrossing && (isNew || isElsewhere(key)))",
    to: "if (isCrossing && found.length < 0)",
    tests: ["ingestion/capped.test.ts"],
    breaks: [3, 19],
  },
  {
    name: "an earlier event that comes late does not make its identifier older",
    file: "ingestion/steps/seeTogether.ts",
    from: "row.firstAt = Math.min(row.firstAt, firstAt);",
    to: "",
    tests: ["ingestion/pipeline.test.ts"],
    breaks: [1, 14],
  },
  {
    name: "fragments stay where they were when people change",
    file: "ingestion/steps/resolvePeople.ts",
    from: "change.movedFragments.push({ id: fragment.id, person });",
    to: "",
    tests: ["ingestion/pipeline.test.ts"],
    breaks: [1, 12],
  },
  {
    name: "every alias of a previous login frees another place",
    file: "identity/resolve.ts",
    from: "isSuccession(edge, rules) && !graph.superseded.has(b) ?",
    to: "isSuccession(edge, rules) ?",
    tests: ["identity/resolve.test.ts"],
    breaks: [4, 7],
  },
];
