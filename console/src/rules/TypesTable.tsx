import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { type SubmitEvent, useState } from "react";
import { words } from "../words/words.ts";
import { BlockedDialog } from "./BlockedDialog.tsx";
import { type Blocked, blockedIn, pathOfType, type RulesDocument, type TypeRow, typeRows } from "./document.ts";
import { JoiningCells } from "./JoiningCells.tsx";
import { type SetValue, WholeNumber } from "./NumberFields.tsx";

const text = words.rules;
const kindChoices = Object.entries(text.kinds).map(([value, label]) => ({ value, label }));

interface TypesProps {
  document: RulesDocument;
  onChange: SetValue;
}

/** The rules of each type, surest first. */
export function TypesTable({ document, onChange }: TypesProps) {
  const [open, setOpen] = useState<readonly string[] | null>(null);
  const rows = typeRows(document);
  const { columns } = text;
  const everywhere = blockedIn(document["blocked"]);
  const threshold = document["crowdThreshold"];
  const crowdThreshold = typeof threshold === "number" ? String(threshold) : "";
  return (
    <>
      <table className="rulesTypes">
        <thead>
          <tr>
            <th scope="col">{columns.type}</th>
            <th scope="col">{columns.kind}</th>
            <th scope="col">{columns.rank}</th>
            <th scope="col">{columns.limit}</th>
            <th scope="col">{columns.bridges}</th>
            <th scope="col">{columns.crowd}</th>
            <th scope="col">{columns.blocked}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.type ?? "*"} row={row} crowdThreshold={crowdThreshold} onChange={onChange} onOpen={setOpen} />
          ))}
          <tr>
            <th scope="row">{text.everyType}</th>
            <td className="rulesNone" colSpan={5} />
            <td data-label={columns.blocked}>
              <BlockedButton name={text.everyType} blocked={everywhere} onOpen={() => setOpen(["blocked"])} />
            </td>
            <td className="rulesNone" />
          </tr>
        </tbody>
      </table>
      <AddType document={document} onChange={onChange} />
      {open !== null && (
        <BlockedDialog
          name={nameAt(open)}
          blocked={blockedAt(open, rows, everywhere)}
          onClose={() => setOpen(null)}
          onDone={(blocked) => {
            onChange(open, isNothing(blocked) && open.length > 1 ? undefined : blocked);
            setOpen(null);
          }}
        />
      )}
    </>
  );
}

function isNothing({ values, patterns }: Blocked): boolean {
  return values.length + patterns.length === 0;
}

function nameAt(path: readonly string[]): string {
  if (path.length === 1) return text.everyType;
  return path[0] === "types" ? (path[1] ?? "") : text.otherTypes;
}

function blockedAt(path: readonly string[], rows: readonly TypeRow[], everywhere: Blocked | null): Blocked {
  const type = path[0] === "types" ? path[1] : null;
  const found = path.length === 1 ? everywhere : rows.find((row) => row.type === type)?.blocked;
  return found ?? { values: [], patterns: [] };
}

function Row({
  row,
  crowdThreshold,
  onChange,
  onOpen,
}: {
  row: TypeRow;
  crowdThreshold: string;
  onChange: SetValue;
  onOpen: (path: readonly string[]) => void;
}) {
  const { columns } = text;
  const { type, kind, rank, limit, blocked } = row;
  const path = pathOfType(type);
  const name = type ?? text.otherTypes;
  return (
    <tr>
      <th scope="row" className={type === null ? "" : "mono"}>
        {name}
      </th>
      <td data-label={columns.kind}>
        <NativeSelect
          aria-label={text.ofType(columns.kind, name)}
          data={kindChoices}
          value={kind}
          onChange={(event) => onChange(path, withKind(row, event.currentTarget.value))}
        />
      </td>
      <td data-label={columns.rank}>
        <WholeNumber
          isBare
          label={text.ofType(columns.rank, name)}
          value={rank}
          onChange={(next) => onChange([...path, "rank"], next)}
        />
      </td>
      <td data-label={columns.limit}>
        <WholeNumber
          isBare
          label={text.ofType(columns.limit, name)}
          value={limit}
          onChange={(next) => onChange([...path, "limit"], next)}
        />
      </td>
      <JoiningCells row={row} crowdThreshold={crowdThreshold} onChange={onChange} />
      <td data-label={columns.blocked}>
        <BlockedButton name={name} blocked={blocked} onOpen={() => onOpen([...path, "blocked"])} />
      </td>
      <td className={type === null ? "rulesNone" : "rulesRemove"}>
        {type !== null && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="var(--c360-target)"
            aria-label={text.removeType(type)}
            onClick={() => onChange(path, undefined)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        )}
      </td>
    </tr>
  );
}

/** A unique type has one: the document would be refused otherwise. */
function withKind({ rank, limit, bridges, crowd, blocked }: TypeRow, kind: string): RulesDocument {
  const given = { kind, rank, limit: kind === "unique" ? 1 : limit, bridges };
  return { ...given, ...(crowd === null ? {} : { crowd }), ...(blocked === null ? {} : { blocked }) };
}

function BlockedButton({ name, blocked, onOpen }: { name: string; blocked: Blocked | null; onOpen: () => void }) {
  const count = blocked === null ? 0 : blocked.values.length + blocked.patterns.length;
  return (
    <Button variant="subtle" size="xs" h="var(--c360-target)" onClick={onOpen}>
      {text.blockedCount(count)}
      <span className="visuallyHidden">: {text.blockedTitle(name)}</span>
    </Button>
  );
}

const added = { kind: "plain", rank: 30, limit: 20, bridges: false };

function AddType({ document, onChange }: TypesProps) {
  const [name, setName] = useState("");
  const [isWrong, setWrong] = useState(false);
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const type = name.trim();
    const isFree = typeRows(document).every((row) => row.type !== type);
    if (!isFree || !/^[a-z][a-z0-9_]{0,39}$/.test(type)) return setWrong(true);
    onChange(pathOfType(type), added);
    setName("");
    setWrong(false);
  };
  return (
    <form className="rulesAdd" onSubmit={onSubmit} noValidate>
      <TextInput
        label={text.newType}
        description={text.newTypeHint}
        value={name}
        error={isWrong ? text.newTypeWrong : null}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" h="var(--c360-target)" leftSection={<IconPlus size={16} />}>
        {text.addType}
      </Button>
    </form>
  );
}
