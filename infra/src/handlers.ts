import { existsSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");
const built = join(import.meta.dirname, "../dist/handlers");

/** What runs in Lambda, by its entry under `platform/src/runtime/aws`, which exports `handler`. */
export const handlerNames = ["forwarder", "ingest", "s3Processor", "dataProcessor"] as const;
export type HandlerName = (typeof handlerNames)[number];
/** A folder with `index.mjs`; null: an empty one, to look at templates before there is code. */
export type HandlerCode = Readonly<Record<HandlerName, string>> | null;

/** Every variable that the app sets for handlers and the gateway; those of the way in are read by environment.ts there. */
export const variables = {
  queueUrl: "C360_AWS_QUEUE_URL",
  topicArn: "C360_AWS_TOPIC_ARN",
  stream: "C360_AWS_STREAM",
  rawBucket: "C360_AWS_RAW_BUCKET",
  rawHeadTable: "C360_AWS_RAW_HEAD_TABLE",
  deadLetterBucket: "C360_AWS_DEAD_LETTER_BUCKET",
  accessTable: "C360_AWS_ACCESS_TABLE",
  processedBucket: "C360_AWS_PROCESSED_BUCKET",
  stateTable: "C360_AWS_STATE_TABLE",
  messageTable: "C360_AWS_MESSAGE_TABLE",
  timelineTable: "C360_AWS_TIMELINE_TABLE",
  searchUrl: "C360_AWS_SEARCH_URL",
  metricsUrl: "C360_AWS_METRICS_URL",
  metricsSecretArn: "C360_AWS_METRICS_SECRET_ARN",
} as const;

/** Bundles each handler into one file. Throws an error that names the entries that are not there. */
export async function bundleHandlers(): Promise<HandlerCode> {
  const entries = handlerNames.map((name) => ({ name, path: `platform/src/runtime/aws/${name}.ts` }));
  const missing = entries.filter(({ path }) => !existsSync(join(root, path))).map(({ path }) => path);
  if (missing.length > 0) throw new Error(`These entries of handlers are not there: ${missing.join(", ")}`);
  const folders = {} as Record<HandlerName, string>;
  for (const { name, path } of entries) {
    folders[name] = join(built, name);
    const build = await rolldown({ cwd: root, input: { index: join(root, path) }, platform: "node", tsconfig: false });
    await build.write({ dir: folders[name], format: "esm", entryFileNames: "[name].mjs", minify: true });
    await build.close();
  }
  return folders;
}
