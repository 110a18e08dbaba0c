import type { ReviewStep } from "../../storage/reviews.ts";
import { profileColumns, type ProfileTexts } from "../linkage/profileRecord.ts";

/** How two values stand to each other, as the linkage compared them. */
export type Likeness = "same" | "alike" | "different" | "missing";

/** One line of two profiles side by side. */
export interface ReviewField {
  name: (typeof profileColumns)[number]["name"];
  a: string | null;
  b: string | null;
  likeness: Likeness;
  /** In which way they are alike, in words. */
  level: string;
}

const comparisonOf: Readonly<Record<ReviewField["name"], string>> = {
  first_name: "given_name",
  last_name: "surname",
  birthday: "birth_date",
  street: "address",
  city: "address",
  postcode: "address",
  email: "email",
  phone: "phone",
};
/** By which word the address's level speaks of each of its parts. */
const addressWords: Partial<Record<ReviewField["name"], RegExp>> = {
  street: /street/,
  city: /city/,
  postcode: /postcode|postal/,
};

/** What either profile has, in the order of the columns; what neither has is left out. */
export function reviewFields(a: ProfileTexts, b: ProfileTexts, steps: readonly ReviewStep[]): ReviewField[] {
  return profileColumns.flatMap(({ name }, at): ReviewField[] => {
    const [one, other] = [a[at] ?? null, b[at] ?? null];
    if (one === null && other === null) return [];
    const level = levelOf(name, steps);
    const likeness = one === null || other === null ? "missing" : likenessOf(level);
    return [{ name, a: one, b: other, likeness, level }];
  });
}

function levelOf(name: ReviewField["name"], steps: readonly ReviewStep[]): string {
  const level = steps.find(({ comparison }) => comparison === comparisonOf[name])?.level ?? "missing";
  const word = addressWords[name];
  return word === undefined ? level : (level.split(", ").find((part) => word.test(part)) ?? "missing");
}

function likenessOf(level: string): Likeness {
  if (level === "missing") return "missing";
  if (/^same( street| postcode| city)?$/.test(level)) return "same";
  return level === "different" || level.startsWith("other ") ? "different" : "alike";
}
