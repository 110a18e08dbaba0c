import { describe, expect, it } from "vitest";
import type { ColumnType } from "./columnType.ts";
import { fieldsOf } from "./fields.ts";

const table = (columns: Record<string, ColumnType>) => Object.entries(columns).map(([name, type]) => ({ name, type }));

describe("fields", () => {
  it("put columns of one meaning together, whatever they are called", () => {
    const fields = fieldsOf([
      table({ first: "given_name", last: "surname", no: "house_number", road: "street", mail: "email" }),
      table({ Nachname: "surname", Vorname: "given_name", Anschrift: "street", Mail: "email" }),
    ]);
    expect(fields).toEqual([
      { name: "given_name", type: "given_name", columns: [["first"], ["Vorname"]] },
      { name: "surname", type: "surname", columns: [["last"], ["Nachname"]] },
      { name: "street", type: "street", columns: [["no", "road"], ["Anschrift"]] },
      { name: "email", type: "email", columns: [["mail"], ["Mail"]] },
    ]);
  });

  it("part a whole name, and make one of two where the other table has no more", () => {
    expect(fieldsOf([table({ name: "full_name" }), table({ vor: "given_name", nach: "surname" })])).toEqual([
      { name: "given_name", type: "given_name", columns: [["name"], ["vor", "nach"]], part: "first" },
      { name: "surname", type: "surname", columns: [["name"], ["vor", "nach"]], part: "last" },
    ]);
  });

  it("leave a whole name out where its parts are there", () => {
    const fields = fieldsOf([table({ name: "full_name", first: "given_name", last: "surname" })]);
    expect(fields.map(({ name }) => name)).toEqual(["given_name", "surname"]);
  });

  it("compare codes and texts only with those of one name, and at most four of a type", () => {
    const fields = fieldsOf([
      table({ loyalty: "code", a: "code", size: "text" }),
      table({ b: "code", Loyalty: "code" }),
    ]);
    expect(fields).toEqual([{ name: "code", type: "code", columns: [["loyalty"], ["Loyalty"]] }]);
    const many = fieldsOf([table({ a: "text", b: "text", c: "text", d: "text", e: "text" })]);
    expect(many.map(({ name }) => name)).toEqual(["text", "text_2", "text_3", "text_4"]);
  });

  it("leave out what only one table has", () => {
    expect(fieldsOf([table({ mail: "email" }), table({ tel: "phone" })])).toEqual([]);
  });
});
