import { compileNumber } from "./fieldValues.ts";
import type { Condition, Mapping } from "./mappingSchema.ts";

/** Whether a cell meets the condition. An empty cell equals "" and starts with nothing; text is no number. */
export function compileCondition(condition: Condition, mapping: Mapping): (cell: string | null) => boolean {
  const holds = test(condition, mapping);
  const not = condition.not === true;
  return (cell) => holds(cell ?? "") !== not;
}

function test(condition: Condition, mapping: Mapping): (text: string) => boolean {
  const { equals, oneOf, startsWith, lessThan, greaterThan, empty } = condition;
  if (equals !== undefined) return (text) => text === equals;
  if (oneOf !== undefined) {
    const texts = new Set(oneOf);
    return (text) => texts.has(text);
  }
  if (startsWith !== undefined) return (text) => text.startsWith(startsWith);
  if (empty !== undefined) {
    const emptyTexts = new Set(["", ...(mapping.empty ?? [])]);
    return (text) => emptyTexts.has(text) === empty;
  }
  const number = compileNumber(mapping);
  return (text) => {
    const value = number(text);
    if (typeof value !== "number") return false;
    return lessThan === undefined ? value > (greaterThan ?? Number.POSITIVE_INFINITY) : value < lessThan;
  };
}
