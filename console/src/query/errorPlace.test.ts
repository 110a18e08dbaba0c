import { describe, expect, it } from "vitest";
import { errorPlace } from "./errorPlace.ts";

const quotedIn = (sql: string, message: string): string | null => {
  const place = errorPlace(sql, message);
  return place === null ? null : sql.slice(place.from, place.to);
};

describe("the place of an error", () => {
  it("is the word that the message quotes", () => {
    expect(quotedIn("SELECT * FORM profiles", 'syntax error at or near "profiles"')).toBe("profiles");
    const message = 'Referenced column "xx" not found in FROM clause!';
    expect(errorPlace("SELECT xxx, xx FROM events -- xx", message)).toEqual({ from: 12, to: 14 });
    expect(quotedIn("SELECT 1 FROM Nothing", "Table with name nothing does not exist!")).toBe("Nothing");
  });

  it("is not guessed", () => {
    expect(errorPlace("SELECT a, a FROM events", 'Referenced column "a" not found')).toBeNull();
    expect(errorPlace("SELECT 'x' FROM events", 'Referenced column "x" not found')).toBeNull();
    expect(errorPlace("SELECT 1", "too many rows")).toBeNull();
  });
});
