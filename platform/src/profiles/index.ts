export { composeProfile, seenOf, displayNameOf } from "./compose.ts";
export { figuresOf, ownerOf } from "./figures.ts";
export { emptyFragment, foldEvent, mayHoldConsents, touchesDetail } from "./fold.ts";
export {
  applyOrderEffect,
  emptyOrder,
  moveReport,
  orderEffectOf,
  statedOrderAmount,
  type OrderEffect,
} from "./orders.ts";
export { Households } from "./households/households.ts";
export { readHousehold } from "./households/read.ts";
export { householdRules } from "./households/rules.ts";
export { tieChange, tiesOf, type Tie, type TieChange } from "./households/ties.ts";
export { profileReads } from "./read.ts";
export { searchEntryOf } from "./searchEntry.ts";
export { traitValueReads } from "./traitValues.ts";
