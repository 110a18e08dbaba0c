/** The page's own text, by name: what is inherited a chart cannot measure, and its words run into each other. */
export function measurable(host: HTMLElement): { color: string; fontFamily: string } {
  const { color, fontFamily } = getComputedStyle(host);
  return { color, fontFamily };
}
