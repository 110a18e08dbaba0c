import { describe, expect, it } from "vitest";
import { logoutNames, logoutNumber } from "./logout.ts";

describe("a logout's name", () => {
  it("is one however it is spelt, blanks and dots around it too", () => {
    for (const [index, name] of logoutNames.entries()) {
      const spelt = [name, name.toUpperCase(), name.replaceAll(" ", "_"), name.replaceAll(" ", ""), `${name} `];
      for (const each of [...spelt, ` ${name}`, `${name}.`, `${name} _-\t`]) {
        expect([each, logoutNumber(each)]).toEqual([each, index + 1]);
      }
    }
  });

  it("is no other's", () => {
    for (const name of [
      "",
      " ",
      "t",
      "Product Viewed",
      "Checkout",
      "Signed Out 2",
      "logout!",
      `${" ".repeat(40)}logout`,
    ]) {
      expect([name, logoutNumber(name)]).toEqual([name, 0]);
    }
  });
});
