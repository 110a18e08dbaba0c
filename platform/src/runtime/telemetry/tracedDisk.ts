import type { LogDisk } from "../../adapters/embedded/eventLog/disk.ts";
import { errorCode, type Telemetry, type Work } from "./telemetry.ts";

/** The log's disk, with a span for each group commit: what is written until it is synced. */
export function tracedDisk(disk: LogDisk, telemetry: Pick<Telemetry, "committing">): LogDisk {
  let commit: Work | null = null;
  const end = (error: string | null): void => {
    commit?.end({ error });
    commit = null;
  };
  const told = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      end(errorCode(error));
      throw error;
    }
  };
  const { commit: commitAtOnce } = disk;
  return {
    ...disk,
    ...(commitAtOnce === undefined
      ? {}
      : {
          commit: async (fd: number, bytes: Uint8Array, at: number) => {
            commit ??= telemetry.committing(bytes.length);
            await told(commitAtOnce(fd, bytes, at));
            end(null);
          },
        }),
    write: async (fd, bytes, at) => {
      commit ??= telemetry.committing(bytes.length);
      await told(disk.write(fd, bytes, at));
    },
    sync: async (fd) => {
      await told(disk.sync(fd));
      end(null);
    },
  };
}
