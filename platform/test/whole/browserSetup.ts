import chromium from "@sparticuz/chromium";

/** Before the first test of a run: two that unpacked Chromium at the same time would start one that is half there. */
export async function setup(): Promise<void> {
  await chromium.executablePath();
}
