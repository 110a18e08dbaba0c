import { Checkbox } from "@mantine/core";
import { words } from "../words/words.ts";
import { pathOfType, type TypeRow } from "./document.ts";
import { type SetValue, WholeNumber } from "./NumberFields.tsx";

const text = words.rules;

/** Whether a type makes one person of two, and what makes it nobody's own. */
export function JoiningCells({
  row: { type, bridges, crowd },
  crowdThreshold,
  onChange,
}: {
  row: TypeRow;
  /** What holds where the type has no crowd of its own. */
  crowdThreshold: string;
  onChange: SetValue;
}) {
  const { columns } = text;
  const path = pathOfType(type);
  const name = type ?? text.otherTypes;
  return (
    <>
      <td data-label={columns.bridges}>
        <Checkbox
          aria-label={text.ofType(columns.bridges, name)}
          checked={bridges}
          onChange={(event) => onChange([...path, "bridges"], event.currentTarget.checked)}
        />
      </td>
      <td data-label={columns.crowd}>
        <WholeNumber
          isBare
          label={text.ofType(columns.crowd, name)}
          value={crowd}
          unset={crowdThreshold}
          onChange={(next) => onChange([...path, "crowd"], next)}
          onClear={() => onChange([...path, "crowd"], undefined)}
        />
      </td>
    </>
  );
}
