import { createReadStream, existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readParquetRows } from "../../../src/adapters/embedded/importReader/parquetRows.ts";
import { openFileImport } from "../../../src/importing/importFile.ts";
import { parseMapping } from "../../../src/importing/mapping.ts";
import type { JsonObject } from "../../../src/model/event.ts";

const root = new URL("../../../../", import.meta.url);
const real = fileURLToPath(new URL("../shared/data/retail/online-retail/online_retail.csv", root));
const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/**
 * Calls of the first lines of Online Retail, by the mapping of `examples/`; where that file is not beside the checkout,
 * of lines in its form.
 */
export async function retailCalls(
  lines: number,
  scratchFile: string,
): Promise<{ calls: JsonObject[]; isReal: boolean }> {
  const isReal = existsSync(real);
  const text = isReal ? await firstLines(lines + 1) : [header, ...madeLines(lines)];
  await writeFile(scratchFile, `${text.join("\n")}\n`);
  const mapping = parseMapping(readFileSync(new URL("examples/online-retail/mapping.json", root), "utf8"));
  const opened = await openFileImport({
    file: scratchFile,
    mapping,
    nowMs: Date.UTC(2026, 0, 1),
    readParquet: readParquetRows,
    onReject: ({ line }) => {
      throw new Error(`line ${line} is refused`);
    },
  });
  try {
    await opened.read();
    const calls: JsonObject[] = [];
    for await (const { call } of opened.events()) calls.push(call);
    return { calls, isReal };
  } finally {
    await opened.close();
  }
}

async function firstLines(count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(real) })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  return lines;
}

/** Invoices of up to twelve lines; every ninth is a refund, every seventh of somebody unknown. */
function madeLines(count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const invoice = Math.floor(n / 12);
    const isRefund = invoice % 9 === 8;
    const customer = invoice % 7 === 6 ? "" : String(12_000 + (invoice % 61));
    const quantity = (isRefund ? -1 : 1) * (1 + (n % 5));
    const day = new Date(Date.UTC(2010, 11, 1) + invoice * 5_400_000).toISOString().slice(0, 19);
    const price = `${n % 17}.${String(n % 100).padStart(2, "0")}`;
    return `${isRefund ? "C" : ""}${536_365 + invoice},${20_000 + (n % 400)},THING ${n % 400},${quantity},${day},${price},${customer},United Kingdom`;
  });
}
