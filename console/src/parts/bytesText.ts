const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const step = 1_024;
const fewDigits = 10;

/** `512 B`, `1.4 GiB`, `82 GiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit += 1;
  }
  const digits = unit > 0 && value < fewDigits ? 1 : 0;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value)} ${units[unit] ?? ""}`;
}
