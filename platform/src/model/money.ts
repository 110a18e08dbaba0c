/** Largest amount that is believed, in minor units (a million million pounds); anything beyond it is no amount. */
export const maxMinorUnits = 1e14;

/** Sums of amounts, and what is refunded of one order, are held at this many minor units: net figures stay exact integers. */
export const maxSumMinorUnits = 1e15;

/** Longest decimal text that is read, in characters. */
export const maxDecimalChars = 64;

/** ISO 4217 (list one, 2024): currencies whose minor unit is not a hundredth. */
const minorDigitsByCurrency: ReadonlyMap<string, number> = new Map([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3] as const),
  ..."CLF UYW".split(" ").map((code) => [code, 4] as const),
]);

/** Decimal places of a currency's minor unit by ISO 4217: JPY 0, GBP 2, KWD 3. Unknown codes have 2. */
export function minorDigits(currency: string): number {
  return minorDigitsByCurrency.get(currency) ?? 2;
}

/** Upper-cased three-letter ISO 4217 code of `gbp`, `GBP `; null when it is none. Whether the code is in use is not checked. */
export function currencyOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const code = value.trim();
  return /^[A-Za-z]{3}$/.test(code) ? code.toUpperCase() : null;
}

/**
 * An amount in major units (`12.5`, `"12.50"`, `1e3`) as integer minor units of `currency`, rounded half up: a tie goes
 * towards +∞ (0.005 → 1, −0.005 → 0). A number counts as its shortest decimal text, so 1.005 is 1.005. Null when it
 * cannot be read (thousands separators and currency signs are not guessed at) or lies beyond {@link maxMinorUnits}.
 */
export function toMinor(value: unknown, currency: string): number | null {
  const decimal = decimalOf(value);
  return decimal === null ? null : roundedMinor(decimal, currency);
}

/** quantity × price, multiplied exactly and rounded half up once; otherwise as {@link toMinor}. */
export function lineValue(quantity: unknown, price: unknown, currency: string): number | null {
  const count = decimalOf(quantity);
  const unit = decimalOf(price);
  if (count === null || unit === null) return null;
  return roundedMinor({ digits: count.digits * unit.digits, scale: count.scale + unit.scale }, currency);
}

/** A decimal number or text as the nearest double; null when it cannot be read or is not finite. */
export function decimalNumber(value: unknown): number | null {
  if (decimalOf(value) === null) return null;
  const number = Number(value) + 0;
  return Number.isFinite(number) ? number : null;
}

/**
 * Minor units of one currency as those of another of the same major amount (a change of exponent, no conversion), held
 * within ±{@link maxMinorUnits}.
 */
export function rescaleMinor(minor: number, from: string, to: string): number {
  const shift = minorDigits(from) - minorDigits(to);
  if (shift === 0) return minor;
  return heldWithin(maxMinorUnits, roundHalfUp({ digits: BigInt(minor), scale: shift }) ?? 0n);
}

/** The exact sum of integers, held within ±`most` only then: it depends on no order of them. */
export function sumMinor(amounts: readonly number[], most = maxSumMinorUnits): number {
  let sum = 0;
  for (const amount of amounts) {
    sum += amount;
    if (!Number.isSafeInteger(sum)) {
      return heldWithin(
        most,
        amounts.reduce((total, each) => total + BigInt(each), 0n),
      );
    }
  }
  return Math.max(-most, Math.min(most, sum));
}

function heldWithin(most: number, exact: bigint): number {
  const bound = BigInt(most);
  return Number(exact > bound ? bound : exact < -bound ? -bound : exact);
}

/** total ÷ count of integers, rounded half up (towards +∞ on ties). `count` is positive. */
export function divideHalfUp(total: number, count: number): number {
  return Number(floorDivide(2n * BigInt(total) + BigInt(count), 2n * BigInt(count)));
}

/** digits ÷ 10^scale. */
interface Decimal {
  digits: bigint;
  scale: number;
}

const decimalText = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

function decimalOf(value: unknown): Decimal | null {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return { digits: BigInt(value), scale: 0 };
    return Number.isFinite(value) ? parseDecimal(String(value)) : null;
  }
  return typeof value === "string" && value.length <= maxDecimalChars ? parseDecimal(value.trim()) : null;
}

function parseDecimal(text: string): Decimal | null {
  const match = decimalText.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", exponent] = match;
  const digits = whole + fraction;
  if (digits === "") return null;
  const magnitude = BigInt(digits);
  return {
    digits: sign === "-" ? -magnitude : magnitude,
    scale: fraction.length - (exponent === undefined ? 0 : Number(exponent)),
  };
}

function roundedMinor(decimal: Decimal, currency: string): number | null {
  const rounded = roundHalfUp({ digits: decimal.digits, scale: decimal.scale - minorDigits(currency) });
  if (rounded === null) return null;
  const minor = Number(rounded);
  return Math.abs(minor) > maxMinorUnits ? null : minor;
}

/** Two texts multiplied have at most this many digits: past it a scale decides the outcome alone. */
const maxScale = 2 * maxDecimalChars + 1;

/** Null when too large to be an amount, whatever the digits. */
function roundHalfUp({ digits, scale }: Decimal): bigint | null {
  if (digits === 0n || scale > maxScale) return 0n;
  if (scale < -maxScale) return null;
  if (scale <= 0) return digits * 10n ** BigInt(-scale);
  const unit = 10n ** BigInt(scale);
  return floorDivide(2n * digits + unit, 2n * unit);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
