import { createRequire } from "node:module";
import type * as PhoneNumbers from "libphonenumber-js/min";

const load = createRequire(import.meta.url);
let loaded: typeof PhoneNumbers | null = null;

/**
 * The parser with its numbering plans of all countries, which is a large part of a thread's start: loaded at the first
 * number, since every thread of the platform has the normaliser among its imports and hardly one parses a number.
 */
export function phoneNumbers(): typeof PhoneNumbers {
  return (loaded ??= load("libphonenumber-js/min") as typeof PhoneNumbers);
}
