const maxIdChars = 63;

/** An id from a name: `Café “Nord” 2` becomes `cafe-nord-2`; empty when nothing is left. */
export function idFromName(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, maxIdChars)
    .replace(/-+$/, "");
}

/** As the platform takes it. */
export function isSourceId(text: string): boolean {
  return /^[a-z][a-z0-9_-]{0,62}$/.test(text);
}
