import { mkdirSync, rmSync } from "node:fs";
import { launchBrowser } from "../../platform/test/whole/browser.ts";
import { openSite } from "../../platform/test/whole/server.ts";
import { picturesOf, folder, type Taking } from "./pictures.ts";
import { fillWithRetailer } from "./retailer.ts";
import type { Screen } from "./screen.ts";
import { lanes } from "./screens.ts";

/** A machine that is busy with something else makes a page late: it is looked at once more before it is told. */
const maxTries = 2;

/** What came of all of them. */
interface Tally {
  pictures: number;
  failed: string[];
}

/** Takes a picture of every screen, or of those whose name holds the first argument. */
async function takeAll(wanted: string): Promise<void> {
  const from = performance.now();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const site = await openSite();
  const browser = await launchBrowser();
  const tally: Tally = { pictures: 0, failed: [] };
  try {
    await site.start();
    await fillWithRetailer(site);
    await site.reads.settled();
    process.stdout.write(`The retailer is in after ${seconds(from)} s.\n`);
    await Promise.all(lanes.map((lane) => takeLane({ site, browser }, lane, wanted, tally)));
  } finally {
    await browser.close();
    await site.close();
  }
  process.stdout.write(`${tally.pictures} pictures in ${seconds(from)} s, in ${folder}\n`);
  if (tally.failed.length === 0) return;
  process.exitCode = 1;
  process.stderr.write(`Without a picture:\n${tally.failed.map((each) => `  ${each}\n`).join("")}`);
}

/** One after another: what a screen leaves behind, the next finds. */
async function takeLane(taking: Taking, lane: readonly Screen[], wanted: string, tally: Tally): Promise<void> {
  for (const screen of lane.filter(({ name }) => name.includes(wanted))) {
    for (const width of screen.only === undefined ? (["wide", "phone"] as const) : [screen.only]) {
      const told = await tried(() => picturesOf(taking, screen, width));
      if (typeof told === "string") tally.failed.push(`${screen.name}, ${width}: ${told}`);
      else {
        tally.pictures += told.length;
        for (const file of told) process.stdout.write(`${file}\n`);
      }
    }
  }
}

/** What it came to, or why it did not. */
async function tried<Done>(work: () => Promise<Done>): Promise<Done | string> {
  let why = "";
  for (let tries = 0; tries < maxTries; tries++) {
    try {
      return await work();
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  return why;
}

function seconds(from: number): number {
  return Math.round((performance.now() - from) / 1_000);
}

await takeAll(process.argv[2] ?? "");
