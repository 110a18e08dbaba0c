const format = new Intl.NumberFormat();

/** `12,345` in the reader's own notation. */
export function countText(count: number): string {
  return format.format(count);
}
