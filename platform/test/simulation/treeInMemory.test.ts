import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMessageIndex } from "../../src/adapters/embedded/messages/messageIndex.ts";
import { sealedAtOnce } from "../../src/adapters/embedded/messages/sealedAtOnce.fake.ts";
import { messageIndexContract } from "../../src/storage/messageIndexContract.ts";
import { TreeInMemory } from "./treeInMemory.ts";

messageIndexContract("embedded, over a tree in memory", async () => {
  const directory = mkdtempSync(join(tmpdir(), "c360-messages-"));
  const tree = new TreeInMemory();
  return {
    open: async (over) =>
      sealedAtOnce(await openMessageIndex({ ...over, directory, openTree: async () => tree.open(() => undefined) })),
    fail: (fault) =>
      tree.fail(fault === null ? null : { nth: fault.nth, kind: fault.lostAnswer ? "lostAnswer" : "fails" }),
    crash: async () => undefined,
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  };
});
