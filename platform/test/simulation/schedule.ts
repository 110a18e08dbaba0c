import type { AccessStore } from "../../src/storage/access.ts";
import { Problem } from "../../src/model/problem.ts";
import { drawsFrom, hash32, type Draws } from "../../src/simulator/draws.ts";
import { Broken } from "./broken.ts";
import type { FollowerFault } from "./followers.ts";
import type { Outcome } from "./gates.ts";
import { checkRebuild } from "./rebuild.ts";
import { Simulation } from "./simulation.ts";
import { closeWorld, drawsOf, faultChanceOf, openWorld, temperOf } from "./world.ts";

const hour = 3_600_000;
/** So many operations after its last step a schedule has come to rest, or something goes round in circles. */
const mostRestOperations = 5_000;
/** Fates that are asked for in the end. */
const looksAtRest = 5;

export interface Plan {
  seed: number;
  /** Numbers of the steps that are taken; the others are left out. All of them by default. */
  steps?: readonly number[];
}

export interface Run {
  seed: number;
  /** Those that were taken. */
  steps: number[];
  /** What happened, a line a step. */
  trace: string[];
  /** What did not hold. */
  broken: Error | null;
}

interface Action {
  weight: (simulation: Simulation) => number;
  /** What it did, in words. */
  act: (simulation: Simulation, draws: Draws) => string | Promise<string>;
}

/** One seed is one schedule: the same every time. */
export async function runSchedule({ seed, steps }: Plan, access: AccessStore): Promise<Run> {
  const world = openWorld(seed, access);
  const run: Run = { seed, steps: [], trace: [], broken: null };
  const simulation = new Simulation(world);
  try {
    for (const step of steps ?? allSteps(seed)) {
      run.steps.push(step);
      await takeStep(simulation, drawsOf(world, step), (what) => run.trace.push(`${step} ${what}`));
    }
    await comeToRest(simulation, drawsFrom(hash32(seed, -2)), (what) => run.trace.push(`rest ${what}`));
  } catch (error) {
    run.broken = error instanceof Error ? error : new Error(String(error));
  } finally {
    await simulation.close();
    closeWorld(world);
  }
  return run;
}

export function allSteps(seed: number): number[] {
  return Array.from({ length: temperOf(seed).steps }, (_, step) => step);
}

async function takeStep(simulation: Simulation, draws: Draws, tell: (what: string) => void): Promise<void> {
  const weights = actions.map(({ weight }) => weight(simulation));
  let left = draws.next() * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = actions.find((_, index) => (left -= weights[index] ?? 0) < 0) ?? actions[0];
  tell((await chosen?.act(simulation, draws)) ?? "");
  await goOn(simulation, draws, tell);
}

/** Until everything stands still; then all that always holds is looked at. */
async function goOn(simulation: Simulation, draws: Draws, tell: (what: string) => void): Promise<void> {
  await simulation.world.gates.settle();
  const { process } = simulation;
  const { failure } = process;
  if (failure !== null && !process.life.isOver) {
    if (!isOfTheDisk(failure))
      throw failure instanceof Broken ? failure : new Broken("a process goes on", wordsOf(failure));
    tell(`the process ends by itself: ${wordsOf(failure)}`);
    process.life.end();
  }
  if (process.life.isOver) simulation.kill(draws, false);
  await simulation.check();
  if (draws.chance(0.2)) await simulation.checkFate(draws);
}

/** What disks and stores say of themselves: another start may help. */
function isOfTheDisk(failure: unknown): boolean {
  return failure instanceof Error && !(failure instanceof Problem) && "code" in failure;
}

function wordsOf(failure: unknown): string {
  return failure instanceof Error ? `${failure.name} ${failure.message}` : "no error";
}

const isUp = ({ process }: Simulation): boolean => process.running !== null && !process.life.isOver;

const actions: readonly Action[] = [
  {
    weight: ({ world }) => world.gates.waiting.length * world.temper.haste,
    act: ({ world }, draws) => {
      const waiting = draws.pick(world.gates.waiting);
      if (waiting === undefined) return "nothing waits";
      const isFaulty = draws.chance(faultChanceOf(world.temper, waiting.what));
      const outcomes: Outcome[] = waiting.failure === null ? [] : ["fails", "lostAnswer"];
      const kinds = [...outcomes, ...(waiting.setFault === null ? [] : ["inside" as const, "inside" as const])];
      const kind = isFaulty ? draws.pick(kinds) : undefined;
      const fault = kind === "inside" ? ` (${waiting.setFault?.(draws.between(0, 1_000_000)) ?? ""})` : "";
      const outcome = kind === "inside" || kind === undefined ? "done" : kind;
      waiting.go(outcome);
      return `${waiting.what}${fault}${outcome === "done" ? "" : `: ${outcome}`}`;
    },
  },
  {
    weight: (simulation) => (isUp(simulation) ? 14 : 2),
    act: ({ clients, process }, draws) => clients.sendCalls(process, draws),
  },
  {
    weight: (simulation) => (isUp(simulation) ? 5 : 1),
    act: ({ clients, process }, draws) => clients.sendAgain(process, draws),
  },
  {
    weight: (simulation) => (isUp(simulation) ? 2 : 0),
    act: ({ clients, process }, draws) => clients.say(process, draws),
  },
  {
    weight: (simulation) => (isUp(simulation) ? 1 : 0),
    act: ({ clients, process, witness }, draws) => clients.publish(process, draws, witness.rulesNumber()),
  },
  {
    weight: (simulation) => (isUp(simulation) ? 6 : 0),
    act: ({ process, world }, draws) => {
      const follower = draws.pick(process.running?.followers ?? []);
      const kinds = ["fails", "inside", "lostAnswer", "crash", "crash"] as const;
      const isFaulty = draws.chance(faultChanceOf(world.temper, follower?.name ?? ""));
      const fault: FollowerFault | null = isFaulty
        ? { kind: draws.pick(kinds), after: draws.pick([0, 1, 1, 2]) }
        : null;
      follower?.step(fault);
      const words = fault === null ? "" : `: ${fault.kind} after ${fault.after} writes`;
      return `${follower?.name ?? "nobody"} follows${words}`;
    },
  },
  {
    weight: (simulation) =>
      simulation.isDown() ? 0 : simulation.world.temper.killWeight + (simulation.process.logFailed ? 4 : 0),
    act: (simulation, draws) => {
      const isPowerCut = draws.chance(0.5);
      simulation.kill(draws, isPowerCut);
      return isPowerCut ? "power cut" : "kill -9";
    },
  },
  {
    weight: (simulation) => (simulation.isDown() ? 60 : 0),
    act: (simulation) => {
      simulation.start();
      return "start";
    },
  },
  {
    weight: () => 2,
    act: ({ world }, draws) => {
      const ms = draws.pick([1, 400, hour, 30 * hour, -400, -5 * hour]);
      world.now += ms;
      return `the clock goes by ${ms} ms`;
    },
  },
  {
    weight: () => 0.5,
    act: ({ world }) => {
      world.hasRoom = !world.hasRoom;
      return world.hasRoom ? "there is room on the disk" : "the disk is nearly full";
    },
  },
  {
    weight: (simulation) => (simulation.world.temper.killWeight > 0 ? 0.7 : 0),
    act: (simulation) => {
      simulation.copyFollowers();
      return "what followers have is as on disk";
    },
  },
  {
    weight: ({ ledger }) => (ledger === null ? 0 : 0.15),
    act: async ({ world, ledger }, draws) => {
      const maxBatchRecords = draws.pick([1, 4, 1_000]);
      await checkRebuild(world, ledger?.position() ?? 0, maxBatchRecords);
      return `a rebuild beside, ${maxBatchRecords} records a batch`;
    },
  },
];

/** No more faults: everything that was sent is taken, decided and followed, and then all accounts are closed. */
async function comeToRest(simulation: Simulation, draws: Draws, tell: (what: string) => void): Promise<void> {
  const { world, clients } = simulation;
  world.hasRoom = true;
  world.isComingToRest = true;
  for (let operations = 0; operations < mostRestOperations; operations++) {
    const what = restOperation(simulation, draws);
    if (what === null) {
      await checkAtRest(simulation, draws);
      return;
    }
    tell(what);
    await goOn(simulation, draws, tell);
  }
  throw new Broken("everything is done in the end", clients.isWaiting() ? "clients wait" : "it goes round in circles");
}

/** Null when there is nothing left to do. */
function restOperation(simulation: Simulation, draws: Draws): string | null {
  const { world, clients, process } = simulation;
  if (process.life.isOver) {
    simulation.start();
    return "start";
  }
  const [first] = world.gates.waiting;
  if (first !== undefined) {
    first.go("done");
    return first.what;
  }
  const { running } = process;
  if (running === null) throw new Broken("everything is done in the end", "a start comes to a standstill");
  if (process.logFailed) {
    simulation.kill(draws, false);
    return "the log has failed: stop";
  }
  const retried = clients.retryAll(process);
  if (retried > 0) return `again, ${retried}`;
  const head = simulation.ledger?.feedHead() ?? 0;
  const behind = running.followers.find((follower) => {
    const { feed, version, copied } = follower.progress();
    return feed === "" || copied !== null || version < head;
  });
  if (behind === undefined) return null;
  behind.step(null);
  return `${behind.name} follows`;
}

async function checkAtRest(simulation: Simulation, draws: Draws): Promise<void> {
  const { ledger, witness, world, clients } = simulation;
  if (witness.pending > 0) throw new Broken("everything is done in the end", `${witness.pending} records wait`);
  if (clients.isWaiting()) throw new Broken("everything is done in the end", "a client waits for its answer");
  for (let looked = 0; looked < looksAtRest; looked++) await simulation.checkFate(draws);
  await checkRebuild(world, ledger?.position() ?? 0, draws.pick([1, 7, 1_000]));
  simulation.checkFollowed();
}
