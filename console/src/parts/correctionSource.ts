/** Stands where evidence has its source: a person said it. */
export const correctionSource = "_corrections";
