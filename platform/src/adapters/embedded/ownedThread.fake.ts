import { parentPort, workerData } from "node:worker_threads";
import { appendFileSync, existsSync } from "node:fs";

/** A thread that owns a file of marks: it opens slowly, and dies when asked. */
export type FakeRequest = { kind: "die" | "answer" | "close"; id: number };
export interface FakeAnswers {
  die: null;
  answer: number;
  close: null;
}

/** `marks`: a line for each opening and each closing. `slowMs`: how long every opening but the first takes. */
export interface FakeThreadData {
  marks: string;
  slowMs: number;
}

const { marks, slowMs } = workerData as FakeThreadData;
const isFirst = !existsSync(marks);
appendFileSync(marks, "opening\n");
if (!isFirst) await new Promise((resolve) => setTimeout(resolve, slowMs));
parentPort?.on("message", ({ kind, id }: FakeRequest) => {
  if (kind === "die") process.exit(1);
  parentPort?.postMessage({ kind: "answer", id, value: kind === "answer" ? 42 : null });
  if (kind !== "close") return;
  appendFileSync(marks, "closed\n");
  parentPort?.close();
});
parentPort?.postMessage({ kind: "ready" });
