import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import { type ImportConnection, type ImportFlags, runImport } from "./import.ts";
import { maxBatchBytes, maxBatchCalls, maxBatchesInFlight, maxPatienceMs } from "./importSending.ts";
import type { Output } from "./output.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-import-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mapping = {
  version: 1,
  source: { id: "shop", kind: "pos" },
  time: { column: "at", zone: "UTC" },
  identifiers: [{ type: "user_id", column: "user" }],
  events: [{ type: "track", event: "Visited" }],
  properties: { note: "note" },
};
const csv = (...rows: string[]) => `at,user,note\n${rows.map((row) => `${row}\n`).join("")}`;
const visits = (count: number, note = "") =>
  csv(...Array.from({ length: count }, (_, i) => `2020-01-01,u${i},${note}`));

interface World {
  connection: ImportConnection;
  batches: JsonObject[][];
  sources: string[];
  drained: number;
  mostInFlight: number;
  slept: number[];
  out: string;
  notes: string[];
  documents: JsonObject[];
}

/** `answer` stands for the platform; by default it takes everything. */
function world(
  answer?: (calls: readonly JsonObject[], attempt: number) => Awaited<ReturnType<ImportConnection["submit"]>>,
): World {
  let inFlight = 0;
  let attempts = 0;
  const made: World = {
    batches: [],
    sources: ["default"],
    drained: 0,
    mostInFlight: 0,
    slept: [],
    out: "",
    notes: [],
    documents: [],
    connection: {
      sources: async () =>
        made.sources.map((id) => ({
          id,
          name: id,
          kind: "web",
          enabled: true,
          maxEventsPerSecond: null,
          createdAt: "",
        })),
      createSource: async ({ id, kind }) => {
        made.sources.push(`${id}:${kind}`);
        return {
          source: { id, name: id, kind: "pos", enabled: true, maxEventsPerSecond: null, createdAt: "" },
          writeKey: "wk_secret",
        };
      },
      submit: async (_source, calls) => {
        made.mostInFlight = Math.max(made.mostInFlight, ++inFlight);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inFlight -= 1;
        const given = answer?.(calls, ++attempts) ?? { accepted: calls.length, rejected: [] };
        made.batches.push([...calls]);
        return given;
      },
      drained: async () => {
        made.drained += 1;
      },
    },
  };
  return made;
}

async function run(
  content: string,
  to: World,
  flags: Partial<ImportFlags> & { json?: boolean } = {},
  map: unknown = mapping,
) {
  const file = join(folder, "visits.csv");
  const mapFile = join(folder, "mapping.json");
  writeFileSync(file, content);
  writeFileSync(mapFile, typeof map === "string" ? map : JSON.stringify(map));
  const output: Output = {
    json: flags.json === true,
    out: (text) => {
      to.out += text;
    },
    document: (value) => {
      to.documents.push(value as JsonObject);
    },
    note: (line) => {
      to.notes.push(line);
    },
    progress: () => ({ update: () => {}, stop: () => {} }),
  };
  let nowMs = Date.UTC(2024, 0, 1);
  return runImport(file, { map: mapFile, ...flags }, to.connection, output, {
    now: () => (nowMs += 10),
    sleep: async (ms) => {
      to.slept.push(ms);
    },
  });
}

describe("c360 import", () => {
  it("makes the source, sends every event, waits until they are processed and says so", async () => {
    const to = world();
    expect(await run(visits(5), to)).toBe(0);
    expect(to.sources).toEqual(["default", "shop:pos"]);
    expect(to.batches.flat()).toHaveLength(5);
    expect(to.drained).toBe(1);
    expect(to.out).toBe("5 lines read, 0 rejected\n5 of 5 events accepted for shop\n");
    expect(to.out).not.toContain("wk_secret");
    expect(to.notes).toEqual([]);
    const large = world();
    await run(visits(1_000), large);
    expect(large.out).toMatch(/\n1,000 of 1,000 events accepted for shop\n[\d,]+ lines\/s in all/);
  });

  it("uses a source that is there as it is, and the one that is named", async () => {
    const to = world();
    to.sources.push("till");
    expect(await run(visits(1), to, { source: "till", kind: "crm" })).toBe(0);
    expect(to.sources).toEqual(["default", "till"]);
    expect(await run(visits(1), to, { source: "other", kind: "crm" })).toBe(0);
    expect(to.sources).toContain("other:crm");
  });

  it("does not mind that another import makes the source at the same time", async () => {
    const to = world();
    to.connection.createSource = async () => {
      throw new Problem(409, "source_exists", "There is one.");
    };
    expect(await run(visits(1), to)).toBe(0);
  });

  it("bounds batches by events and bytes, and how many are under way", async () => {
    const many = world();
    await run(visits(maxBatchCalls * 7 + 1), many);
    expect(many.batches.map(({ length }) => length).sort((a, b) => b - a)).toEqual([
      ...Array.from({ length: 7 }, () => maxBatchCalls),
      1,
    ]);
    expect(many.mostInFlight).toBe(maxBatchesInFlight);

    const large = world();
    await run(visits(30, "é".repeat(300_000)), large);
    expect(large.batches.flat()).toHaveLength(30);
    for (const batch of large.batches)
      expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(maxBatchBytes);
  });

  it("tries a busy server again, as long as it asks", async () => {
    const to = world((calls, attempt) => {
      if (attempt === 1) throw new Problem(429, "too_many", "Busy.", { retryAfterSeconds: 3 });
      if (attempt < 5) throw new Problem(503, "server_unreachable", "Away.");
      return { accepted: calls.length, rejected: [] };
    });
    expect(await run(visits(3), to)).toBe(0);
    expect(to.slept).toEqual([3_000, 2_000, 4_000, 8_000]);
    expect(to.notes).toEqual(["Away. Waiting for it."]);
    expect(to.batches.flat()).toHaveLength(3);
  });

  it("gives up on a server that never answers, and at once on another error", async () => {
    const never = world(() => {
      throw new Problem(503, "server_unreachable", "Away.");
    });
    await expect(run(visits(1), never)).rejects.toMatchObject({ code: "server_unreachable" });
    const waited = never.slept.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThanOrEqual(maxPatienceMs);
    expect(waited).toBeLessThan(maxPatienceMs + 60_001);

    const refusing = world(() => {
      throw new Problem(401, "token_unknown", "No.");
    });
    await expect(run(visits(maxBatchCalls * 20), refusing)).rejects.toMatchObject({ code: "token_unknown" });
    expect(refusing.slept).toEqual([]);
    expect(refusing.mostInFlight).toBeLessThanOrEqual(maxBatchesInFlight);
    expect(refusing.drained).toBe(0);
  });

  it("tells rejects by line, some on the terminal, all in a file, and ends with 3", async () => {
    const rows = Array.from({ length: 30 }, () => "yesterday,u,");
    const rejects = join(folder, "rejects.ndjson");
    const to = world();
    expect(await run(csv("2020-01-01,u1,", ...rows), to, { rejects })).toBe(3);
    expect(to.batches.flat()).toHaveLength(1);
    expect(to.notes).toHaveLength(21);
    expect(to.notes[0]).toBe("line 3, column at: is no time of the format iso (not_a_time)");
    expect(to.notes.at(-1)).toContain("10 more lines; all are in");
    const all = readFileSync(rejects, "utf8")
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(all).toHaveLength(30);
    expect(all[29]).toEqual({ line: 32, column: "at", code: "not_a_time", message: "is no time of the format iso" });
    expect(statSync(rejects).mode & 0o777).toBe(0o600);
    expect(to.out).toContain("31 lines read, 30 rejected");
  });

  it("tells what the platform refuses by the line that it came from", async () => {
    const to = world((calls) => ({
      accepted: calls.length - 1,
      rejected: [{ index: 1, code: "missing_user", message: "Name somebody.", field: "userId" }],
    }));
    expect(await run(visits(3), to, { json: true })).toBe(3);
    expect(to.documents).toMatchObject([
      {
        source: "shop",
        lines: 3,
        events: 3,
        accepted: 2,
        rejectedLines: 1,
        rejects: [{ line: 3, code: "missing_user", message: "Name somebody. (userId)" }],
      },
    ]);
    expect([to.out, to.notes]).toEqual(["", []]);
  });

  it("sends nothing, and makes no source, where the file or the mapping is wrong", async () => {
    const to = world();
    await expect(run("a,b\n1,2\n", to)).rejects.toMatchObject({ code: "column_missing" });
    await expect(run(visits(1), to, {}, { ...mapping, version: 9 })).rejects.toMatchObject({ code: "mapping_invalid" });
    await expect(run(visits(1), to, {}, "{")).rejects.toMatchObject({ code: "mapping_invalid" });
    await expect(run(visits(1), to, { map: join(folder, "none.json") })).rejects.toMatchObject({ code: "wrong_usage" });
    await expect(run(visits(1), to, { source: "No Name" })).rejects.toMatchObject({ code: "source_invalid" });
    await expect(run(visits(1), to, { kind: "shop" })).rejects.toMatchObject({ code: "source_invalid", field: "kind" });
    await expect(run(visits(1), to, { rejects: join(folder, "no", "such") })).rejects.toMatchObject({
      code: "wrong_usage",
    });
    await expect(run(visits(1), to, {}, { ...mapping, source: undefined })).rejects.toMatchObject({
      code: "source_missing",
    });
    expect(await run(csv(), to)).toBe(0);
    expect([to.batches, to.sources]).toEqual([[], ["default"]]);
  });
});
