/** `12,345` in the reader's own notation. */
export function countText(count: number): string {
  return new Intl.NumberFormat().format(count);
}
