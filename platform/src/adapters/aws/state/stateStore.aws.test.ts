import { withStandIn } from "../../../../test/aws/withStandIn.ts";
import { stateContract } from "../../../storage/stateContract.ts";
import { stateHarness } from "./stateTable.fake.ts";

withStandIn("ministack", (endpoint) => {
  stateContract("DynamoDB", () => stateHarness(endpoint));
});
