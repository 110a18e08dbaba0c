import { fieldName } from "../customers/matchText.ts";

/** An identifier, `type:value`, as people say it. */
export function KeyText({ value }: { value: string }) {
  const colon = value.indexOf(":");
  return (
    <span>
      <span className="dimmed">{fieldName(value.slice(0, colon))}</span> <bdi>{value.slice(colon + 1)}</bdi>
    </span>
  );
}
