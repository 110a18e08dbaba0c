/** `0.71`; of 0 to 1. */
export function confidenceText(confidence: number): string {
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(confidence);
}
