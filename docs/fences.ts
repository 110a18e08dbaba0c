/** A fenced block of a Markdown file. */
export interface Fence {
  /** Of its opening line, from 1. */
  line: number;
  /** The first word after the backticks. */
  language: string;
  /** The words after it: `run`, `output`, `stopped` with an empty value; `exit=3`, `file=orders.csv` with theirs. */
  marks: ReadonlyMap<string, string>;
  text: string;
}

/**
 * A step of a guide that a test takes: `file` writes a file, `shell` and `node` run. A step's `outputs` are the blocks
 * that stand after it and say what it answers.
 */
export interface Step {
  kind: "file" | "shell" | "node";
  line: number;
  text: string;
  /** Of a `file` step. */
  name: string;
  /** What it should end with. */
  exitCode: number;
  /** Whether the platform has to be stopped meanwhile. */
  isStopped: boolean;
  outputs: Fence[];
}

const languages: Readonly<Record<string, "shell" | "node">> = { sh: "shell", js: "node" };

/** All fenced blocks in their order. One that is never closed ends with the file. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { mark: string; line: number; info: string; lines: string[] } | null = null;
  const close = (): void => {
    if (open === null) return;
    const [language = "", ...words] = open.info.split(/\s+/);
    const marks = new Map(words.map((word): [string, string] => splitOnce(word, "=")));
    fences.push({ line: open.line, language, marks, text: open.lines.join("\n") });
    open = null;
  };
  for (const [index, text] of markdown.split("\n").entries()) {
    const [, mark, info = ""] = /^\s*(```+|~~~+)\s*(.*?)\s*$/.exec(text) ?? [];
    if (open === null) {
      if (mark !== undefined) open = { mark, line: index + 1, info, lines: [] };
    } else if (mark?.startsWith(open.mark) === true && info === "") close();
    else open.lines.push(text);
  }
  close();
  return fences;
}

/** The steps of a guide. Throws for a mark that nobody knows, and for an output that no step comes before. */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const fence of fencesOf(markdown)) {
    const { marks, line, text, language } = fence;
    for (const mark of marks.keys()) {
      if (!["run", "output", "file", "exit", "stopped"].includes(mark)) {
        throw new Error(`line ${line}: nobody knows the mark ${mark}`);
      }
    }
    const step = { line, text, name: marks.get("file") ?? "", exitCode: Number(marks.get("exit") ?? 0), outputs: [] };
    if (marks.has("file")) steps.push({ ...step, kind: "file", isStopped: false });
    else if (marks.has("run")) {
      const kind = languages[language];
      if (kind === undefined) throw new Error(`line ${line}: ${language} cannot be run`);
      steps.push({ ...step, kind, isStopped: marks.has("stopped") });
    } else if (marks.has("output")) {
      const last = steps.at(-1);
      if (last === undefined || last.kind === "file") throw new Error(`line ${line}: an output of nothing that runs`);
      last.outputs.push(fence);
    }
  }
  return steps;
}

function splitOnce(word: string, by: string): [string, string] {
  const at = word.indexOf(by);
  return at === -1 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}
