/** Making an Intl format takes longer than using it a hundred times: each is made once. `make` has few distinct keys. */
export function keptFormats<Format>(make: (...key: (string | undefined)[]) => Format) {
  const kept = new Map<string, Format>();
  return (...key: (string | undefined)[]): Format => {
    const name = key.join("\n");
    const known = kept.get(name);
    if (known !== undefined) return known;
    const made = make(...key);
    kept.set(name, made);
    return made;
  };
}
