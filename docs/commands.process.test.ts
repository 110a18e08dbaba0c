import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../platform/src/cli/io.fake.ts";
import { jsonDifferences, missingLine } from "./answers.ts";
import { fencesOf, type Fence, type Step, stepsOf } from "./fences.ts";
import { type GuideSite, openGuideSite, type Ran } from "./guideSite.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const guides = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
    .map((path) => `docs/${path}`),
  ...readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `examples/${path}`),
];
const runnable = guides.filter((guide) => stepsOf(read(guide)).some(({ kind }) => kind !== "file"));
const allText = guides.map(read).join("\n");

/** Where an answer is not what the guide shows. */
function differences(shown: Fence, { stdout, all }: Ran): string[] {
  if (shown.language === "json") return jsonDifferences(JSON.parse(shown.text), JSON.parse(stdout));
  const missing = missingLine(shown.text, all);
  return missing === null ? [] : [`this line did not come: ${missing}`];
}

/** Takes a guide's steps one after the other, as a reader would, up to the first that does not do what it says. */
async function faultsOf(site: GuideSite, guide: string, steps: readonly Step[]): Promise<string[]> {
  for (const step of steps) {
    const ran = await site.take(step);
    const faults = step.outputs.flatMap((shown) =>
      differences(shown, ran).map((fault) => `${guide}:${shown.line}: ${fault}`),
    );
    if (ran.exitCode !== step.exitCode) {
      faults.unshift(`${guide}:${step.line}: exit code ${ran.exitCode}, not ${step.exitCode}`);
    }
    if (faults.length > 0) return [...faults, ran.all];
  }
  return [];
}

it("the guides that have commands are found", () => {
  expect(runnable).toEqual(
    expect.arrayContaining(["README.md", "docs/api.md", "docs/cli.md", "docs/operating.md", "docs/sending-events.md"]),
  );
});

it.concurrent.each(runnable)("%s does what it says", async (guide) => {
  const site = await openGuideSite(guide === "README.md" ? "npm" : "bin");
  try {
    expect(await faultsOf(site, guide, stepsOf(read(guide)))).toEqual([]);
  } finally {
    await site.close();
  }
});

describe("a running platform", () => {
  let site: GuideSite;
  beforeAll(async () => {
    site = await openGuideSite("npm");
  });
  afterAll(async () => {
    await site.close();
  });
  const shell = async (text: string, exitCode = 0): Promise<Ran> =>
    site.take({ kind: "shell", line: 0, text, name: "", exitCode, isStopped: false, outputs: [] });
  const stopped = async (text: string): Promise<Ran> =>
    site.take({ kind: "shell", line: 0, text, name: "", exitCode: 0, isStopped: true, outputs: [] });

  it("says at its start what to do next, and that works as it stands", async () => {
    const curl = /^\s*(curl .*)$/m.exec(site.said())?.[1] ?? "";
    const profile = /^\s*(npx c360 profile .*)$/m.exec(site.said())?.[1] ?? "";
    expect((await shell(curl)).all).toContain(`{"success":true}`);
    expect((await shell(profile)).all).toContain("user_id     ada");
    const [, docs = "", token = ""] = /API docs: +(\S+)[^]*API token: +(\S+)/.exec(site.said()) ?? [];
    expect((await shell(`curl -sS -u any:${token} ${docs} -L`)).all).toContain("<html");
  });

  it("keeps what it has over a Ctrl-C and a new start, with the same keys", async () => {
    await stopped("true");
    expect((await shell("npx c360 profile user_id ada")).all).toContain("events   1");
    expect((await shell(/^\s*(curl .*)$/m.exec(site.said())?.[1] ?? "")).all).toContain(`{"success":true}`);
    expect((await shell("npx c360 profile user_id ada")).all).toContain("events   2");
  });

  it("has no route that docs/api.md does not explain", async () => {
    const { stdout } = await shell(
      `curl -sS ${site.url}/api/openapi.json -H "authorization: Bearer $(npx c360 tokens create openapi)"`,
    );
    const { paths } = JSON.parse(stdout) as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.length).toBeGreaterThan(20);
    const guide = read("docs/api.md");
    expect(routes.filter((route) => !guide.includes(`\`${route}\``))).toEqual([]);
    const explained = [...guide.matchAll(/^#+ .*`([A-Z]+ \/\S*)`/gm)].map(([, route = ""]) => route);
    expect(explained.filter((route) => !routes.includes(route))).toEqual([]);
  });

  it("has no metric and no setting that docs/operating.md does not explain", async () => {
    const guide = read("docs/operating.md");
    const token = `$(npx c360 tokens create metrics)`;
    const { stdout } = await shell(`curl -sS ${site.url}/metrics -H "authorization: Bearer ${token}"`);
    const metrics = [...stdout.matchAll(/^# TYPE (c360_\w+)/gm)].map(([, name = ""]) => name);
    expect(metrics.length).toBeGreaterThan(5);
    const settings = [...read("platform/src/runtime/settings.ts").matchAll(/"(C360_\w+)"/g)].map(
      ([, name = ""]) => name,
    );
    expect(settings.length).toBeGreaterThan(5);
    expect([...metrics, ...settings].filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("the guides", () => {
  it("explain every verb and every flag in docs/cli.md", async () => {
    const guide = read("docs/cli.md");
    const words = await verbs();
    expect(words.length).toBeGreaterThan(15);
    expect(words.flatMap(({ flags }) => flags).length).toBeGreaterThan(30);
    const unexplained = words.filter(({ verb, flags }) => {
      const isThere = guide.includes(`\`c360 ${verb}`);
      return !isThere || flags.some((flag) => !guide.includes(flag));
    });
    expect(unexplained).toEqual([]);
  });

  it("show JSON that is JSON", () => {
    const broken = guides.flatMap((guide) =>
      fencesOf(read(guide))
        .filter(({ language, text }) => language === "json" && !isJson(text))
        .map(({ line }) => `${guide}:${line}`),
    );
    expect(broken).toEqual([]);
  });

  it("name no machine's own folders", () => {
    expect(allText).not.toMatch(/\/(work|home|root|Users)\//);
  });
});

/** Every verb of the command line with its flags, found by asking for help. */
async function verbs(verb = ""): Promise<{ verb: string; flags: string[] }[]> {
  const { out } = await run([...verb.split(" ").filter((word) => word !== ""), "--help"]);
  const flags = [...out.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = ""]) => flag);
  const listed = /\nCommands:\n([^]*?)(?:\n\n|\n$|$)/.exec(out)?.[1] ?? "";
  const children = [...listed.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
  const own = verb === "" ? [] : [{ verb, flags: flags.filter((flag) => flag !== "--help") }];
  const nested: { verb: string; flags: string[] }[] = [];
  for (const child of children) nested.push(...(await verbs(`${verb} ${child}`.trim())));
  return [...own, ...nested];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
