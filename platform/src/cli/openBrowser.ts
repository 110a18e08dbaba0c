import { spawn } from "node:child_process";

/** Opens the address for the person who sits there: not in CI, not where the output goes into a file or a pipe. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv): void {
  const isCi = env["CI"] !== undefined && env["CI"] !== "" && env["CI"] !== "false";
  if (process.stdout.isTTY !== true || isCi) return;
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", url]
        : ["xdg-open", url];
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  // No browser is no fault: the address is printed.
  child.on("error", () => {});
  child.unref();
}
