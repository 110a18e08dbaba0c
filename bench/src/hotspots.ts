import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CpuProfile,
  profileInSources,
  threadOf,
  timeByFunction,
  type FunctionTime,
  type ThreadTime,
} from "./cpuProfile.ts";
import { aligned } from "./table.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const shownFunctions = 25;
const shownPlaces = 12;

/**
 * The hot spots of every .cpuprofile file in `directory`, as text: µs an event, for this many events. Samples tell
 * elapsed time: where threads wait for a core, figures are higher than CPU time, all in the same proportion.
 */
export function hotspotsOf(directory: string, events: number): string {
  const files = readdirSync(directory).filter((name) => name.endsWith(".cpuprofile"));
  if (files.length === 0) return `${directory} holds no .cpuprofile\n`;
  const threads = files.sort().map((name) => {
    const profile = JSON.parse(readFileSync(join(directory, name), "utf8")) as CpuProfile;
    return timeByFunction(profileInSources(profile), threadOf(profile), root);
  });
  return threads.map((thread) => threadText(thread, events)).join("\n");
}

function threadText({ thread, busyUs, idleUs, functions }: ThreadTime, events: number): string {
  const perEvent = (us: number): string => (us / events).toFixed(2);
  const share = (us: number): string => `${((us * 100) / busyUs).toFixed(1)} %`;
  const rows = functions
    .slice(0, shownFunctions)
    .map((one) => [perEvent(one.selfUs), perEvent(one.totalUs), share(one.selfUs), one.name, place(one)]);
  const inclusive = functions
    .filter(({ file }) => file.startsWith("platform/"))
    .sort((a, b) => b.totalUs - a.totalUs)
    .slice(0, shownFunctions)
    .map((one) => [perEvent(one.totalUs), perEvent(one.selfUs), share(one.totalUs), one.name, place(one)]);
  const places = [...Map.groupBy(functions, roomOf)]
    .map(([room, members]) => ({ room, us: members.reduce((sum, { selfUs }) => sum + selfUs, 0) }))
    .sort((a, b) => b.us - a.us)
    .slice(0, shownPlaces)
    .map(({ room, us }) => [perEvent(us), share(us), room]);
  const seconds = (us: number): string => (us / 1e6).toFixed(1);
  return [
    `== ${thread}: ${perEvent(busyUs)} µs an event (${seconds(busyUs)} s busy, ${seconds(idleUs)} s idle, ${events} events)`,
    "",
    aligned([["self µs", "total µs", "self", "function", "where"], ...rows], ["right", "right", "right"]),
    aligned(
      [["total µs", "self µs", "total", "our functions, with what they call", "where"], ...inclusive],
      ["right", "right", "right"],
    ),
    aligned([["self µs", "self", "by place"], ...places], ["right", "right"]),
  ].join("\n");
}

function place({ file, line }: FunctionTime): string {
  return file === "" ? "" : `${file.replace("platform/src/", "")}:${line}`;
}

/** A folder of ours, a package, a part of Node, or V8 itself. */
function roomOf({ file, name }: FunctionTime): string {
  const [, scope] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  if (scope !== undefined) return scope;
  const [, room] = /^platform\/src\/(.*)\/[^/]+$/.exec(file) ?? [];
  if (room !== undefined) return room;
  if (file.startsWith("node:")) return file;
  return file === "" ? (name.startsWith("(") ? name : "V8 and native functions") : file;
}

if (import.meta.main) {
  const [directory, events] = process.argv.slice(2);
  if (directory === undefined) {
    process.stderr.write("usage: node src/hotspots.ts DIRECTORY_OF_CPUPROFILES [EVENTS]\n");
    process.exitCode = 2;
  } else {
    process.stdout.write(hotspotsOf(directory, Number(events ?? 1)));
  }
}
