import { openLinkageDatabase } from "@c360/platform/src/adapters/embedded/linkage/linkageDatabase.ts";
import { DuckDBInstance } from "@duckdb/node-api";
const c = await (await DuckDBInstance.create(":memory:")).connect();
for (const q of process.argv.slice(2)) try { const r = await c.runAndReadAll(q); console.log(r.getRowsJson().slice(0,40)); } catch (e) { console.log(String(e)); }
