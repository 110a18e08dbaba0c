import { createSourceFinder } from "../../platform/src/runtime/stackInSources.ts";

/** What V8's sampling profiler writes, as far as it is used here. */
export interface CpuProfile {
  nodes: readonly CpuProfileNode[];
  /** Ids of the nodes that were on top of the stack. */
  samples: readonly number[];
  /** µs before the sample of the same index. */
  timeDeltas: readonly number[];
}

export interface CpuProfileNode {
  id: number;
  /** `lineNumber` and `columnNumber` count from 0. */
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  children?: readonly number[];
}

/** Time spent in one function: itself, and with everything that it called. */
export interface FunctionTime {
  name: string;
  /** From the project's root where it lies there, else what V8 says; empty for V8's own. */
  file: string;
  line: number;
  selfUs: number;
  totalUs: number;
}

export interface ThreadTime {
  thread: string;
  /** Of the thread's life, waiting left out. */
  busyUs: number;
  idleUs: number;
  /** Longest self time first. */
  functions: FunctionTime[];
}

const idle = "(idle)";

/** Sums a profile by function. A function that calls itself counts once in its total. */
export function timeByFunction(profile: CpuProfile, thread: string, root: string): ThreadTime {
  const selfUs = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, profile.timeDeltas[index] ?? 0));
  });
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const functions = new Map<string, FunctionTime>();
  const times = (node: CpuProfileNode): FunctionTime => {
    const key = keyOf(node);
    const known = functions.get(key) ?? functionOf(node, root);
    functions.set(key, known);
    return known;
  };
  addTimes(profile.nodes[0], { nodes, selfUs, times });
  const all = [...functions.values()].filter(({ totalUs }) => totalUs > 0);
  const idleUs = all.find(({ name }) => name === idle)?.selfUs ?? 0;
  const busy = all.filter(({ name }) => name !== idle && name !== "(root)").sort((a, b) => b.selfUs - a.selfUs);
  return { thread, idleUs, busyUs: busy.reduce((sum, { selfUs }) => sum + selfUs, 0), functions: busy };
}

interface Walk {
  nodes: ReadonlyMap<number, CpuProfileNode>;
  selfUs: ReadonlyMap<number, number>;
  times: (node: CpuProfileNode) => FunctionTime;
}

/** Depth first without recursion: stacks of generated code can be deeper than ours may get. */
function addTimes(root: CpuProfileNode | undefined, { nodes, selfUs, times }: Walk): void {
  const onStack = new Map<FunctionTime, number>();
  const work: { node: CpuProfileNode; leave: boolean }[] = root === undefined ? [] : [{ node: root, leave: false }];
  const below: number[] = [];
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    const { node, leave } = step;
    const time = times(node);
    const depth = onStack.get(time) ?? 0;
    if (!leave) {
      onStack.set(time, depth + 1);
      const own = selfUs.get(node.id) ?? 0;
      time.selfUs += own;
      below.push(own);
      work.push({ node, leave: true });
      for (const id of node.children ?? []) {
        const child = nodes.get(id);
        if (child !== undefined) work.push({ node: child, leave: false });
      }
      continue;
    }
    onStack.set(time, depth - 1);
    const under = below.pop() ?? 0;
    if (depth === 1) time.totalUs += under;
    const parent = below.length - 1;
    if (parent >= 0) below[parent] = (below[parent] ?? 0) + under;
  }
}

function keyOf({ callFrame }: CpuProfileNode): string {
  return `${callFrame.functionName}|${callFrame.url}|${callFrame.lineNumber}`;
}

function functionOf({ callFrame }: CpuProfileNode, root: string): FunctionTime {
  const file = callFrame.url.replace(/^file:\/\//, "").replace(root, "");
  const name = callFrame.functionName === "" ? "(anonymous)" : callFrame.functionName;
  return { name, file, line: callFrame.lineNumber + 1, selfUs: 0, totalUs: 0 };
}

/** The same profile by the sources' places, where a bundle of them was run. */
export function profileInSources(profile: CpuProfile): CpuProfile {
  const find = createSourceFinder();
  const inSources = ({ callFrame }: CpuProfileNode): CpuProfileNode["callFrame"] => {
    const { url, lineNumber, columnNumber } = callFrame;
    const found = find({ url, line: lineNumber + 1, column: columnNumber + 1 });
    return { ...callFrame, url: found.url, lineNumber: found.line - 1, columnNumber: found.column - 1 };
  };
  return { ...profile, nodes: profile.nodes.map((node) => ({ ...node, callFrame: inSources(node) })) };
}

/**
 * Which of the server's threads a profile is of, told by the file that the thread began with: a source, or what the bundle
 * made of it.
 */
export function threadOf(profile: CpuProfile): string {
  const urls = profile.nodes.map(({ callFrame }) => callFrame.url);
  const began = (file: RegExp): boolean => urls.some((url) => file.test(url));
  if (began(/\/(?:runtime\/ingestionThread\.ts|runtime-ingestionThread\.js)$/)) return "ingestion";
  if (began(/\/(?:analytics\/thread\.ts|adapters-embedded-analytics-thread\.js)$/)) return "analytics";
  if (began(/\/(?:search\/thread\.ts|adapters-embedded-search-thread\.js)$/)) return "search";
  return "gateway and API";
}
