import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultIdentityRules } from "../retailRules.ts";
import { profileColumns, profileFields, profileRecordOf } from "./profileRecord.ts";
import { usualProfileModel } from "./usualModel.ts";
import { parseLinkageModel } from "./parseModel.ts";
import { profileOf } from "./people.fake.ts";

const textsOf = (traits: Record<string, unknown>, keys = ["crm_id:7"]) =>
  profileRecordOf(profileOf("p_1", traits, keys), defaultIdentityRules)?.texts ?? null;

describe("what linkage knows of a profile", () => {
  it("are its traits, under the names in use", () => {
    const flat = {
      first_name: " Ada ",
      lastName: "Lovelace",
      dob: "1985-12-10",
      address1: "12 Oak St",
      town: "Leeds",
      zip: 4321,
      email: "ada@example.com",
      phone: "020 7946 0958",
    };
    const expected = [
      "Ada",
      "Lovelace",
      "1985-12-10",
      "12 Oak St",
      "Leeds",
      "4321",
      "ada@example.com",
      "020 7946 0958",
    ];
    expect(textsOf(flat)).toEqual(expected);
    const address = { street: "12 Oak St", city: "Leeds", postalCode: "4321" };
    expect(textsOf({ ...flat, address1: null, town: "", zip: undefined, address })).toEqual(expected);
  });

  it("of a whole name the first and the last word", () => {
    expect(textsOf({ name: "Ada King Lovelace", city: "Leeds" })?.slice(0, 2)).toEqual(["Ada", "Lovelace"]);
    expect(textsOf({ fullName: "Lovelace, Ada", city: "Leeds" })?.slice(0, 2)).toEqual(["Ada", "Lovelace"]);
    expect(textsOf({ name: "Ada", city: "Leeds" })?.slice(0, 2)).toEqual(["Ada", null]);
  });

  it("an e-mail address and a phone number as identifiers, where no trait names them", () => {
    const keys = ["email:ada@example.com", "phone:+442079460958"];
    expect(textsOf({ firstName: "Ada" }, keys)?.slice(6)).toEqual(["ada@example.com", "+442079460958"]);
  });

  it("nothing where there is too little to tell people apart by", () => {
    expect(textsOf({ firstName: "Ada" })).toBeNull();
    expect(textsOf({ city: "Leeds", email: "a@example.com" })).toBeNull();
    expect(textsOf({ firstName: 7, city: ["Leeds"] })).toBeNull();
    expect(textsOf({}, ["anonymous_id:x"])).toBeNull();
  });

  it("its surest identifier, and whether that is a login", () => {
    const record = (keys: string[]) => {
      const found = profileRecordOf(profileOf("p_1", { name: "Ada L", city: "Leeds" }, keys), defaultIdentityRules);
      return [found?.anchor, found?.isUnique];
    };
    expect(record(["email:a@example.com", "user_id:1", "crm_id:7"])).toEqual(["user_id:1", true]);
    expect(record(["email:a@example.com", "crm_id:8", "crm_id:7"])).toEqual(["crm_id:7", false]);
  });

  it("takes any traits", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (traits, address) => {
        const texts = textsOf({ ...traits, name: "Ada L", address });
        expect(texts === null || texts.every((each) => each === null || (each !== "" && each.length <= 256))).toBe(
          true,
        );
      }),
    );
  });

  it("are the fields of a file with these columns", () => {
    expect(profileFields.map(({ columns }) => columns)).toEqual(profileColumns.map(({ name }) => [[name]]));
  });
});

describe("the usual model", () => {
  it("is a model: each comparison's shares add up to one by what is there", async () => {
    const model = usualProfileModel();
    expect(await parseLinkageModel(JSON.stringify(model))).toEqual(model);
    const given = model.comparisons.find(({ name }) => name === "given_name");
    const sum = (of: "match" | "stranger") => given?.levels.slice(1).reduce((total, level) => total + level[of], 0);
    expect(sum("match")).toBeCloseTo(1, 9);
    expect(sum("stranger")).toBeCloseTo(1, 9);
  });
});
