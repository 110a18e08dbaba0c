import type { Draws } from "./draws.ts";
import { withoutDiacritics } from "./names.ts";
import type { FullName } from "./names.ts";

/** A name as some system has it: of ten, about six are right. */
export function nameAsTyped(name: FullName, draws: Draws): { firstName: string; lastName: string } {
  const { given, family } = name;
  const roll = draws.next();
  if (roll < 0.6) return { firstName: given, lastName: family };
  if (roll < 0.68) return { firstName: name.latinGiven, lastName: name.latinFamily };
  if (roll < 0.74) return { firstName: given.toUpperCase(), lastName: family.toUpperCase() };
  if (roll < 0.8) return { firstName: given.toLowerCase(), lastName: family.toLowerCase() };
  if (roll < 0.85) return { firstName: name.nickname ?? given, lastName: family };
  if (roll < 0.88) return { firstName: family, lastName: given };
  if (roll < 0.9) return { firstName: ` ${given} `, lastName: `${family}  ` };
  if (roll < 0.92) return { firstName: `${Array.from(given)[0] ?? ""}.`, lastName: family };
  if (roll < 0.95) return { firstName: withoutDiacritics(given), lastName: withoutDiacritics(family) };
  return draws.chance(0.5)
    ? { firstName: misspelt(given, draws), lastName: family }
    : { firstName: given, lastName: misspelt(family, draws) };
}

/** One slip of the fingers: two letters change places, one is left out, or one comes twice. Never the first. */
export function misspelt(text: string, draws: Draws): string {
  const letters = Array.from(text);
  if (letters.length < 3) return text;
  const at = draws.between(1, letters.length - 2);
  const here = letters[at] ?? "";
  const next = letters[at + 1] ?? "";
  const slip = draws.between(0, 2);
  const typed = slip === 0 ? [next, here] : slip === 1 ? [next] : [here, here, next];
  return [...letters.slice(0, at), ...typed, ...letters.slice(at + 2)].join("");
}

/** The same address in the capitals of a form, a phone keyboard or a person. */
export function emailAsTyped(email: string, draws: Draws): string {
  const roll = draws.next();
  if (roll < 0.85) return email;
  if (roll < 0.93) return email.slice(0, 1).toUpperCase() + email.slice(1);
  return roll < 0.97 ? email.toUpperCase() : ` ${email}`;
}

/** The same E.164 number as people group it. */
export function phoneAsTyped(phone: string, draws: Draws): string {
  const roll = draws.next();
  if (roll < 0.5) return phone;
  const country = phone.slice(0, 3);
  const rest = phone.slice(3);
  if (roll < 0.75) return `${country} ${rest.slice(0, 4)} ${rest.slice(4)}`;
  if (roll < 0.9) return `00${country.slice(1)} ${rest.slice(0, 4)} ${rest.slice(4)}`;
  return `${country} (0)${rest.slice(0, 4)}-${rest.slice(4)}`;
}
