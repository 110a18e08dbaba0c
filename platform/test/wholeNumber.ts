/** Of an argument of a command; null where it is not given. Throws an Error that says what is wrong, with the usage. */
export function wholeNumber(name: string, text: string | undefined, usage: string): number | null {
  if (text === undefined) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes whole numbers, not "${text}"\n${usage}`);
}
