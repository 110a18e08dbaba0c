import type { Run } from "./schedule.ts";

const shownLines = 40;

/** A failing schedule in words: what broke, what came before, how to see it again. `shorter`: cut to what matters. */
export function reportOf(run: Run, shorter: Run): string {
  const isCut = shorter.steps.length < run.steps.length;
  const steps = isCut ? ` --steps ${shorter.steps.join(",")}` : "";
  const { trace } = shorter;
  return [
    `Seed ${run.seed} breaks after ${run.steps.length} steps: ${wordsOf(run.broken)}`,
    ...(isCut ? [`Cut to ${shorter.steps.length} steps: ${wordsOf(shorter.broken)}`] : []),
    ...(trace.length > shownLines ? [`(${trace.length - shownLines} lines before)`] : []),
    ...trace.slice(-shownLines).map((line) => `  ${line}`),
    `Run it again: npm run simulate-platform -- --seed ${run.seed}${steps}`,
  ].join("\n");
}

function wordsOf(error: Error | null): string {
  if (error === null) return "nothing";
  return error.name === "Broken" ? error.message : (error.stack ?? error.message);
}
