import { describe, expect, it } from "vitest";
import { optionsOf, WrongArgument } from "./commandLine.ts";

const known = { texts: ["only"], numbers: { minutes: 5, seed: 0 }, flags: ["trace"] };

describe("the command lines of the tests' programs", () => {
  it("give what was written, and null for what was not", () => {
    const given = optionsOf(["--minutes", "5", "--only", "kill,clock", "--trace"], known);
    expect([given.number("minutes"), given.number("seed")]).toEqual([5, null]);
    expect([given.text("only"), given.has("trace")]).toEqual(["kill,clock", true]);
  });

  it.for([
    [["--minutes", "4"], '--minutes takes whole numbers from 5 on, not "4"'],
    [["--minutes", "1.5"], '--minutes takes whole numbers from 5 on, not "1.5"'],
    [["--seed", "x"], '--seed takes whole numbers from 0 on, not "x"'],
    [["--seed=-1"], '--seed takes whole numbers from 0 on, not "-1"'],
    [["--sed", "1"], "Unknown option '--sed'"],
    [["5"], "Unexpected argument '5'"],
    [["--seed"], "Option '--seed <value>' argument missing"],
    [["--seed", "--trace"], "Option '--seed' argument is ambiguous"],
  ] as const)("%j is told in one line", ([args, message]) => {
    expect(() => optionsOf(args, known)).toThrow(new WrongArgument(message));
  });
});
