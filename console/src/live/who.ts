import type { LiveRow } from "./rows.ts";

/** Whom a row is of, as short as it can be told; `type` where it is an identifier, not a name. Null: nobody. */
export function whoOf({
  displayName,
  identifier,
  profileId,
}: Pick<LiveRow, "displayName" | "identifier" | "profileId">): { type: string | null; text: string } | null {
  // A person without a name is told by an identifier, `type:value`.
  const named = /^([a-z][a-z0-9_]*):(.+)$/s.exec(displayName ?? "");
  if (named?.[1] !== undefined && named[2] !== undefined) return { type: typeWords(named[1]), text: named[2] };
  if (displayName !== null) return { type: null, text: displayName };
  if (identifier !== null) return { type: typeWords(identifier.type), text: identifier.value };
  return profileId === null ? null : { type: null, text: profileId };
}

export function typeWords(type: string): string {
  return type.replaceAll("_", " ");
}
