import { words } from "../words/words.ts";

/** A consent's purpose, `marketing.sms`, as people read it: `Marketing SMS`. */
export function consentText(purpose: string): string {
  const known: Readonly<Record<string, string>> = words.consentParts;
  const text = purpose
    .split(/[._-]+/)
    .map((part) => (Object.hasOwn(known, part.toLowerCase()) ? known[part.toLowerCase()] : part))
    .join(" ")
    .trim();
  return text === "" ? purpose : text.charAt(0).toUpperCase() + text.slice(1);
}
