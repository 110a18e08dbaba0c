import { followedContract } from "../../storage/followedContract.ts";
import { openDecided } from "./decided.ts";
import { stateHarness } from "./state/stateHarness.fake.ts";

followedContract("embedded", async () => {
  const harness = await stateHarness();
  return { ...harness, decided: () => openDecided({ file: harness.file, hash: harness.hash, homeCurrency: "GBP" }) };
});
