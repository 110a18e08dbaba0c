declare module "kinesalite" {
  import type { Server } from "node:http";

  /** Times in milliseconds. */
  export default function kinesalite(options: {
    createStreamMs: number;
    deleteStreamMs: number;
    updateStreamMs: number;
    shardLimit: number;
  }): Server;
}
