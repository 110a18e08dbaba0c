import { withStandIn } from "../../../../test/aws/withStandIn.ts";
import { type MessageIndexHarness, messageIndexContract } from "../../../storage/messageIndexContract.ts";
import { FaultyHttp } from "../faultyHttp.fake.ts";
import { openDynamoMessageIndex } from "./messageIndex.ts";
import { clientOf, createStateTable, stateParts, WriteFaults } from "./stateTable.fake.ts";

async function harnessOn(endpoint: string): Promise<MessageIndexHarness> {
  const client = clientOf(endpoint);
  const table = await createStateTable(client);
  const faults = new WriteFaults();
  return {
    open: async ({ log, decided, keptFrom = 0, notProcessed }) => {
      const http = new FaultyHttp();
      http.plan = faults.plan;
      const parts = stateParts(clientOf(endpoint, http), table);
      return openDynamoMessageIndex({
        ...parts,
        log,
        decided,
        keptFrom,
        notProcessed: async (from, until) => notProcessed(from, until),
      });
    },
    fail: (fault) =>
      faults.set(fault === null ? null : { nth: fault.nth, kind: fault.lostAnswer ? "lostAnswer" : "fails" }),
    crash: async () => undefined,
    dispose: async () => client.destroy(),
  };
}

withStandIn("ministack", (endpoint) => {
  messageIndexContract("DynamoDB", () => harnessOn(endpoint));
});
