/** What is wrong with JSON that somebody writes. */
export const json = {
  wrongHere: "wrong here",
  missingHere: "missing here",
  syntax: (line: number, column: number, what: string) => `Line ${line}, column ${column}: ${what}`,
  syntaxWhat: {
    value: "a value is missing",
    name: "a name in quotes is missing",
    colon: "a colon is missing",
    comma: "a comma or the end is missing",
    text: "the text does not end",
    escape: "this escape is not known",
    more: "something follows the end",
    twice: "this name stands twice",
    deep: "it is nested too deep",
  },
} as const;
