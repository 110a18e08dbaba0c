/**
 * Begins to measure; the answer is for how many ms this process has computed since. In place of the clock where work is
 * held to a limit: what others do on the machine makes nothing slower.
 */
export function processorTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
}
