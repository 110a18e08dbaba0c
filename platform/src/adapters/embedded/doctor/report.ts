/** `data`: what nothing else can give back may be hurt. `derived`: it can be made again. `harmless`: worth knowing. */
export type Severity = "data" | "derived" | "harmless";

/** Names of parts; also the order in which they are told. */
export const parts = [
  "files",
  "hash.key",
  "log",
  "base",
  "state",
  "messages",
  "analytics",
  "search",
  "linkage",
  "reviews",
  "access",
] as const;
export type Part = (typeof parts)[number];

/** Something that is not as it should be. Names files, bytes, positions, keyed hashes; nothing personal. */
export interface Finding {
  readonly part: Part;
  readonly severity: Severity;
  /** A file, under the data directory, and where in it. */
  readonly where: string;
  readonly what: string;
  /** What to do: a command, where there is one. */
  readonly todo: string;
}

export interface PartReport {
  readonly part: Part;
  /** False: it could not be looked at; `detail` says why. */
  readonly isChecked: boolean;
  readonly detail: string;
}

export interface Report {
  find(severity: Severity, found: { where: string; what: string; todo: string }): void;
  /** What was looked at, once a part. */
  checked(detail: string): void;
  notChecked(why: string): void;
}

/** Of one part; more are counted. */
const maxFindings = 20;

export interface Examination {
  of(part: Part): Report;
  /** In the order of {@link parts}, then as they were found. */
  findings(): Finding[];
  checks(): PartReport[];
}

export function examination(): Examination {
  const found = new Map<Part, Finding[]>();
  const told = new Map<Part, PartReport>();
  const left = new Map<Part, number>();
  return {
    of: (part) => ({
      find: (severity, more) => {
        const list = found.get(part) ?? [];
        found.set(part, list);
        if (list.length < maxFindings) list.push({ part, severity, ...more });
        else left.set(part, (left.get(part) ?? 0) + 1);
      },
      checked: (detail) => void told.set(part, { part, isChecked: true, detail }),
      notChecked: (detail) => void told.set(part, { part, isChecked: false, detail }),
    }),
    findings: () => parts.flatMap((part) => [...(found.get(part) ?? []), ...moreOf(part, left.get(part) ?? 0, found)]),
    checks: () => parts.flatMap((part) => told.get(part) ?? []),
  };
}

function moreOf(part: Part, count: number, found: ReadonlyMap<Part, Finding[]>): Finding[] {
  const last = found.get(part)?.at(-1);
  if (count === 0 || last === undefined) return [];
  return [{ ...last, where: part, what: `and ${count} more findings of this part` }];
}

export const fromBackup = "c360 restore BACKUP --data-dir NEW_FOLDER";
export const removeAndStart = (name: string): string =>
  `stop the platform, remove ${name} and start it: it is made again`;
export const rebuild = "c360 rebuild";
