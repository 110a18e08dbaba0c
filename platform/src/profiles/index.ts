export { composeProfile, seenOf, displayNameOf } from "./compose.ts";
export { figuresOf, ownerOf } from "./figures.ts";
export { emptyFragment, foldEvent, mayHoldConsents, touchesDetail } from "./fold.ts";
export { applyOrderEffect, emptyOrder, orderEffectOf, statedOrderAmount, type OrderEffect } from "./orders.ts";
export { profileReads } from "./read.ts";
export { searchEntryOf } from "./searchEntry.ts";
export { traitValueReads } from "./traitValues.ts";
