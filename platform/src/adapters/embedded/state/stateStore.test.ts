import { stateContract } from "../../../storage/stateContract.ts";
import { stateHarness } from "./stateHarness.fake.ts";

stateContract("embedded", stateHarness);
