export { type CostEstimate, estimateCost } from "./estimate.ts";
export { functionModes } from "./functions.ts";
export { readPrices } from "./prices.ts";
export { environments, settingsOf } from "./settings.ts";
export { streamModes } from "./stream.ts";
