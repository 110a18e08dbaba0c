import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  currencyOf,
  decimalNumber,
  divideHalfUp,
  lineValue,
  maxDecimalChars,
  maxMinorUnits,
  minorDigits,
  maxSumMinorUnits,
  rescaleMinor,
  sumMinor,
  toMinor,
} from "./money.ts";

const currencies = { JPY: 0, GBP: 2, KWD: 3, CLF: 4 } as const;
const currency = fc.constantFrom("JPY", "GBP", "KWD", "CLF");

/** A decimal as sign, digits before and after the point, of a magnitude that stays within the bound. */
const decimal = fc.record({
  negative: fc.boolean(),
  whole: fc.bigInt({ min: 0n, max: 999_999_999n }),
  fraction: fc.stringMatching(/^[0-9]{0,9}$/),
});
type Decimal = { negative: boolean; whole: bigint; fraction: string };

function textOf({ negative, whole, fraction }: Decimal): string {
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
function rationalOf({ negative, whole, fraction }: Decimal): [bigint, bigint] {
  const unit = 10n ** BigInt(fraction.length);
  const digits = whole * unit + BigInt(fraction === "" ? 0 : fraction);
  return [negative ? -digits : digits, unit];
}

/** The definition: the greatest integer m with m − ½ ≤ x, found by trying. */
function isHalfUpOf(rounded: number, [dividend, divisor]: [bigint, bigint]): boolean {
  const twice = 2n * dividend;
  const low = (2n * BigInt(rounded) - 1n) * divisor;
  return low <= twice && twice < low + 2n * divisor;
}

describe("toMinor", () => {
  it("is the half-up rounding of the exact amount, for every currency", () => {
    fc.assert(
      fc.property(decimal, currency, (amount, code) => {
        const [dividend, divisor] = rationalOf(amount);
        const minor = toMinor(textOf(amount), code);
        expect(minor).not.toBeNull();
        expect(isHalfUpOf(minor ?? NaN, [dividend * 10n ** BigInt(currencies[code]), divisor])).toBe(true);
      }),
    );
  });

  it("reads a number as its shortest decimal text", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), currency, (number, code) => {
        expect(toMinor(number, code)).toBe(toMinor(String(number), code));
      }),
    );
  });

  it("rounds ties towards +∞, where binary fractions would not", () => {
    expect(toMinor(1.005, "GBP")).toBe(101);
    expect(toMinor("-1.005", "GBP")).toBe(-100);
    expect(toMinor("-0.005", "GBP")).toBe(0);
    expect(Object.is(toMinor(-0.001, "GBP"), 0)).toBe(true);
    expect(Object.is(toMinor(-0, "GBP"), 0)).toBe(true);
    expect(toMinor("0.5", "JPY")).toBe(1);
    expect(toMinor("1.0005", "KWD")).toBe(1001);
  });

  it.each([
    ["12.50", 1250],
    [" 12.5 ", 1250],
    ["+3", 300],
    [".5", 50],
    ["5.", 500],
    ["1e3", 100_000],
    ["2.5E-1", 25],
    [1e-7, 0],
    [1e12, maxMinorUnits],
    ["-1000000000000", -maxMinorUnits],
    ["0e999999999999", 0],
    ["1e-99999999999999999999", 0],
    [5e-324, 0],
  ])("reads %j", (value, minor) => {
    expect(toMinor(value, "GBP")).toBe(minor);
  });

  it.each([
    ["1,234.56"],
    ["£12"],
    ["12 GBP"],
    ["0x10"],
    ["1_000"],
    ["Infinity"],
    ["."],
    ["-"],
    ["e5"],
    [""],
    ["١٢"],
    ["1".repeat(maxDecimalChars + 1)],
    ["1000000000000.01"],
    ["1e999999999999"],
    ["-1e309"],
    [NaN],
    [Infinity],
    [1e300],
    [true],
    [null],
    [undefined],
    [{}],
    [[5]],
  ])("refuses %j", (value) => {
    expect(toMinor(value, "GBP")).toBeNull();
  });
});

describe("lineValue", () => {
  it("multiplies exactly and rounds once", () => {
    fc.assert(
      fc.property(decimal, decimal, currency, (quantity, price, code) => {
        const [a, b] = rationalOf(quantity);
        const [c, d] = rationalOf(price);
        const value = lineValue(textOf(quantity), textOf(price), code);
        const exact: [bigint, bigint] = [a * c * 10n ** BigInt(currencies[code]), b * d];
        const isTooLarge = (exact[0] < 0n ? -exact[0] : exact[0]) > BigInt(maxMinorUnits) * exact[1];
        if (value === null) expect(isTooLarge).toBe(true);
        else expect(isHalfUpOf(value, exact)).toBe(true);
      }),
    );
  });

  it("agrees with toMinor for a quantity of one and is symmetrical", () => {
    fc.assert(
      fc.property(decimal, decimal, currency, (a, b, code) => {
        expect(lineValue(1, textOf(a), code)).toBe(toMinor(textOf(a), code));
        expect(lineValue(textOf(a), textOf(b), code)).toBe(lineValue(textOf(b), textOf(a), code));
      }),
    );
  });

  it("takes extreme exponents that cancel, and refuses what it cannot read", () => {
    expect(lineValue("1e60", "1e-60", "GBP")).toBe(100);
    expect(lineValue(3, 0.1, "GBP")).toBe(30);
    expect(lineValue(0.333, "1.005", "GBP")).toBe(33);
    expect(lineValue("two", 1, "GBP")).toBeNull();
    expect(lineValue(2, undefined, "GBP")).toBeNull();
  });
});

describe("small figures", () => {
  it("divides half up", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 1e6 }), (total, count) => {
        expect(isHalfUpOf(divideHalfUp(total, count), [BigInt(total), BigInt(count)])).toBe(true);
      }),
    );
  });

  it("rescales between exponents without converting", () => {
    expect(rescaleMinor(100_000, "GBP", "JPY")).toBe(1_000);
    expect(rescaleMinor(1_050, "GBP", "KWD")).toBe(10_500);
    expect(rescaleMinor(150, "GBP", "JPY")).toBe(2);
    expect(rescaleMinor(-150, "GBP", "JPY")).toBe(-1);
    expect(rescaleMinor(7, "GBP", "EUR")).toBe(7);
    expect(rescaleMinor(-maxMinorUnits, "JPY", "KWD")).toBe(-maxMinorUnits);
  });

  it("sums exactly, then holds the sum within its bound, in any order", () => {
    const amount = fc.integer({ min: -maxMinorUnits, max: maxMinorUnits });
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 300 }), (amounts) => {
        const exact = amounts.reduce((sum, each) => sum + BigInt(each), 0n);
        const most = BigInt(maxSumMinorUnits);
        const held = exact > most ? most : exact < -most ? -most : exact;
        expect(sumMinor(amounts)).toBe(Number(held));
        expect(sumMinor(amounts.toReversed())).toBe(Number(held));
      }),
    );
    expect(sumMinor([...Array<number>(200).fill(maxMinorUnits), ...Array<number>(200).fill(-maxMinorUnits), 1])).toBe(
      1,
    );
  });

  it("knows ISO 4217 exponents, and hundredths otherwise", () => {
    expect(["JPY", "KWD", "CLF", "GBP", "ZZZ"].map(minorDigits)).toEqual([0, 3, 4, 2, 2]);
  });

  it.each([
    ["gbp", "GBP"],
    [" Eur\n", "EUR"],
    ["£", null],
    ["GB", null],
    ["EURO", null],
    ["ßa", null],
    ["ⅠⅠⅠ", null],
    [826, null],
    [null, null],
  ])("reads the currency %j", (value, code) => {
    expect(currencyOf(value)).toBe(code);
  });

  it("reads decimals as numbers, finite ones only", () => {
    expect([decimalNumber("2.50"), decimalNumber(0.25), decimalNumber("-0")]).toEqual([2.5, 0.25, 0]);
    expect([decimalNumber("1e400"), decimalNumber("many"), decimalNumber(null)]).toEqual([null, null, null]);
  });
});
