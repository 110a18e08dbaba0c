import { cpus, loadavg, totalmem } from "node:os";

export interface Machine {
  cpus: number;
  cpuModel: string;
  memoryBytes: number;
  platform: string;
  node: string;
  /** Runnable processes over the minute before the start: above about 0.5 others were at work. */
  loadBefore: number;
}

export function machineNow(): Machine {
  return {
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model ?? "unknown",
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    loadBefore: loadavg()[0] ?? 0,
  };
}

export function machineText({ cpus: count, cpuModel, memoryBytes, platform, node, loadBefore }: Machine): string {
  const gigabytes = (memoryBytes / 2 ** 30).toFixed(0);
  return `${count} × ${cpuModel}, ${gigabytes} GiB, ${platform}, Node ${node}, load before ${loadBefore.toFixed(2)}`;
}
