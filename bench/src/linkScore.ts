import { type ColumnType, columnTypes, linkFiles } from "@c360/platform/src/runtime/linkFiles.ts";
import { parseArgs } from "node:util";

const usage = `npm run link-score --workspace bench -- FILE [FILE] --id COLUMN --truth COLUMN [--map COLUMN=TYPE …]

Links tables as c360 link does, and tells how right, how fast and in how much memory.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    id: { type: "string" },
    truth: { type: "string" },
    map: { type: "string", multiple: true, default: [] },
    help: { type: "boolean" },
  },
});

function typesOf(map: readonly string[]): Map<string, ColumnType> {
  return new Map(
    map.map((each): [string, ColumnType] => {
      const [name = "", wanted = ""] = each.split("=");
      const type = columnTypes.find((known) => known === wanted);
      if (type === undefined) throw new Error(`${each} is not COLUMN=TYPE`);
      return [name, type];
    }),
  );
}

async function score(files: readonly string[], idColumn: string, truthColumn: string): Promise<void> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const linked = await linkFiles({
    tables: files.map((file) => ({ file, label: file, idColumn })),
    truthColumn,
    types: typesOf(values.map),
  });
  const { user, system } = process.cpuUsage(startedCpu);
  const seconds = (performance.now() - startedMs) / 1_000;
  const { clusters, pairs } = await linked.measure();
  linked.close();
  process.stdout.write(
    `${JSON.stringify(
      {
        records: linked.records,
        comparedPairs: linked.pairs,
        f1: clusters.f1,
        bCubedF1: clusters.bCubed.f1,
        acceptedPairsF1: pairs.f1,
        blockingRecall: clusters.blockingRecall,
        calibration: pairs.calibration,
        calibrationError: pairs.calibrationError,
        largestCluster: clusters.largestCluster,
        cpuSeconds: (user + system) / 1e6,
        seconds,
        mostMemoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
      },
      null,
      2,
    )}\n`,
  );
}

if (values.help === true || positionals.length === 0 || values.id === undefined || values.truth === undefined) {
  process.stdout.write(usage);
} else {
  await score(positionals, values.id, values.truth);
}
