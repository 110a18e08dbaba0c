import { join } from "node:path";
import { installOnce, runInstaller } from "./installing.ts";
import type { StandIn } from "./standIn.ts";

/** Of everything that is the same on every machine, with its hash; PyYAML has a build for each. */
const requirements = join(import.meta.dirname, "ministack.txt");
const perMachine = "PyYAML==6.0.4";
const version = `ministack 1.5.33, ${perMachine}`;

/** An independent, MIT-licensed implementation of many services in memory, from PyPI. */
export const ministack: StandIn = {
  name: "ministack",
  services: "DynamoDB, SQS, SNS, S3",
  maxStartMs: 60_000,
  async install(folder) {
    await installOnce(folder, version, async (into) => {
      const packages = join(into, "packages");
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", packages];
      const needs = "Python 3.10 or newer with pip (python3, python3-pip)";
      await runInstaller("python3", [...pip, "--require-hashes", "--requirement", requirements], needs);
      await runInstaller("python3", [...pip, "--only-binary", ":all:", perMachine], needs);
    });
  },
  async launch(folder, port) {
    return {
      command: "python3",
      args: ["-c", "import sys; from ministack.app import main; sys.exit(main())"],
      env: {
        PYTHONPATH: join(folder, "packages"),
        PYTHONDONTWRITEBYTECODE: "1",
        BIND_HOST: "127.0.0.1",
        GATEWAY_PORT: String(port),
        LAMBDA_EXECUTOR: "local",
        LOG_LEVEL: "WARNING",
      },
      cwd: folder,
    };
  },
  isReady: async (url) => (await fetch(`${url}/_ministack/health`)).ok,
};
