import { join } from "node:path";
import type { StandIn } from "./standIn.ts";

const server = join(import.meta.dirname, "../../../src/adapters/aws/kinesaliteServer.fake.ts");

/** Kinesis in memory, from the npm registry: installed with the workspace of the AWS adapters. */
export const kinesalite: StandIn = {
  name: "kinesalite",
  services: "Kinesis",
  maxStartMs: 30_000,
  install: async () => {},
  async launch(folder, port) {
    return {
      command: process.execPath,
      args: [server, String(port)],
      env: {},
      cwd: folder,
    };
  },
  // It answers a request that says nothing with 403 or the like: that it answers is what counts.
  isReady: async (url) => (await fetch(url)).status > 0,
};
