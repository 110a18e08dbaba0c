import { openLinkageDatabase } from "@c360/platform/src/adapters/embedded/linkage/linkageDatabase.ts";
import { readTables } from "@c360/platform/src/identity/linkage/tables.ts";
import { recordsSql } from "@c360/platform/src/identity/linkage/sql/recordsSql.ts";
import { blockingRulesOf } from "@c360/platform/src/identity/linkage/sql/blockingSql.ts";
const [file, id, truth] = process.argv.slice(2) as [string, string, string];
const db = await openLinkageDatabase({ spillDirectory: "/tmp/lk/spill" });
const t = await readTables(db, { tables: [{ file, label: file }], idColumn: id, truthColumn: truth, types: new Map([["household_id", "ignore"]]) });
await db.run(recordsSql(t.inputs, t.fields, { dayFirst: t.dayFirst }));
const rules = blockingRulesOf(t.fields).filter((r) => !r.isLoose && !(process.argv[5] ?? "").split(",").includes(r.name));
const key = (r: any, s: string) => `hash(${r.parts.map((p: string) => p.replaceAll(/\b(given_name|surname|birth_date|email|phone|street|city|postcode|text|category)\b/g, `${s}.$1`)).join(",")})`;
const there = (r: any, s: string) => r.parts.map((p: string) => p.replaceAll(/\b(given_name|surname|birth_date|email|phone|street|city|postcode|text|category)\b/g, `${s}.$1`) + " is not null").join(" and ");
await db.run(`create table m as select ${rules.map((r, i) => `((coalesce(${key(r, "a")} = ${key(r, "b")} and ${there(r,"a")} and ${there(r,"b")}, false))::int::bigint * ${2n ** BigInt(i)}::bigint)`).join(" + ")} as mask from records_text a join records_text b on a.truth=b.truth and a.rid<b.rid`);
const rows = (await db.rows("select mask::varchar, count(*) from m group by 1")).map(([m, c]) => [BigInt(m as string), Number(c)] as const);
const all = rows.reduce((s, r) => s + r[1], 0);
let left = rows; let done = 0; const chosen = new Set<number>();
for (let s = 0; s < rules.length; s++) {
  let best = -1, bc = -1;
  rules.forEach((_, i) => { if (chosen.has(i)) return; const c = left.reduce((x, [m, n]) => x + ((m >> BigInt(i)) & 1n ? n : 0), 0); if (c > bc) { bc = c; best = i; } });
  chosen.add(best); done += bc; left = left.filter(([m]) => !((m >> BigInt(best)) & 1n));
  console.log(`${rules[best]!.name}${rules[best]!.isLoose ? " (loose)" : ""}: +${bc} → ${(done / all).toFixed(4)}`);
}
