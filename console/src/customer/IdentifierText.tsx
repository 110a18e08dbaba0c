import { fieldName } from "../customers/matchText.ts";
import { typeOf, valueOf } from "./records.ts";

/** `type:value` as people read it. */
export function IdentifierText({ value }: { value: string }) {
  return (
    <span>
      <span className="dimmed">{fieldName(typeOf(value))}</span> <bdi>{valueOf(value)}</bdi>
    </span>
  );
}
