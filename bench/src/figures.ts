import type { Quantiles } from "./measurements.ts";

export function short(count: number): string {
  if (count >= 1e6) return `${Number((count / 1e6).toFixed(1))} M`;
  return count >= 1e3 ? `${Number((count / 1e3).toFixed(1))} k` : String(count);
}

const unmeasured = "–";

export function number(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? unmeasured : value.toFixed(digits);
}
export function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? unmeasured : Math.round(value).toLocaleString("en-GB");
}
export function seconds(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? unmeasured : number(ms / 1_000, 1);
}
export function both(value: Quantiles | undefined): string {
  return value === undefined ? unmeasured : `${number(value.p50, 1)} / ${number(value.p99, 1)}`;
}
export function megabytes(bytes: number | null): string {
  return bytes === null ? unmeasured : whole(bytes / 1e6);
}
