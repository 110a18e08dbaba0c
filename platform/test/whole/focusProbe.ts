/** What has the keyboard's focus, and whether a person sees it. */
export interface Focused {
  /** Tag, class and name. */
  told: string;
  /** It was told before: the keyboard has come round. */
  isSeenBefore: boolean;
  /** Within the dialog, drawer, menu or popover that is open. */
  isInLayer: boolean;
  faults: string[];
}

type Colour = [red: number, green: number, blue: number, alpha: number];
interface Ring {
  bearer: Element;
  part: string | null;
  outline: { pixels: number; offset: number };
}
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Pixels of the ring, and its contrast with what is around it. */
const leastPixels = 2;
const leastContrast = 3;
/** Of a fraction of a pixel nothing is seen. */
const slackPixels = 0.6;
const layers = "[role=dialog], [role=menu], .mantine-Popover-dropdown";

/** As Chromium computes it, `rgb(…)` or `rgba(…)`; anything else is drawn. */
function colourOf(text: string): Colour {
  const [red, green, blue, alpha = 1] = text.startsWith("rgb") ? (text.match(/[\d.]+/g) ?? []).map(Number) : [];
  if (red !== undefined && green !== undefined && blue !== undefined) return [red, green, blue, alpha];
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

function over([r, g, b, alpha]: Colour, [red, green, blue]: Colour): Colour {
  const mixed = (one: number, other: number): number => one * alpha + other * (1 - alpha);
  return [mixed(r, red), mixed(g, green), mixed(b, blue), 1];
}

/** What lies behind an element's edge, or behind what stands in it. */
function groundOf(element: Element | null): Colour {
  if (element === null) return [255, 255, 255, 1];
  const own = colourOf(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
}

/** As WCAG 2 has it. */
function luminanceOf([red, green, blue]: Colour): number {
  const linear = (of: number): number => (of <= 10 ? of / 255 / 12.92 : ((of / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function contrastOf(one: Colour, other: Colour): number {
  const [a, b] = [luminanceOf(one), luminanceOf(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function outlineOf(element: Element, part: string | null): Ring["outline"] | null {
  const { outlineStyle, outlineWidth, outlineOffset, content, display } = getComputedStyle(element, part);
  if (part !== null && (content === "none" || display === "none")) return null;
  return outlineStyle === "none" || outlineWidth === "0px"
    ? null
    : { pixels: Number.parseFloat(outlineWidth), offset: Number.parseFloat(outlineOffset) };
}

/** Of itself, of a frame around it, of its label, or of what is drawn in its place beside it. */
function ringOf(focused: HTMLElement): Ring | null {
  const { width, height } = focused.getBoundingClientRect();
  const isDrawn = Math.min(width, height) > 2;
  const frames: Element[] = isDrawn ? [focused] : [];
  for (let at = focused.parentElement; at !== null && frames.length < 6; at = at.parentElement) frames.push(at);
  const labels = focused instanceof HTMLInputElement ? [...(focused.labels ?? [])] : [];
  const beside = focused.nextElementSibling === null ? [] : [focused.nextElementSibling];
  for (const bearer of isDrawn ? [...frames, ...labels, ...beside] : [...labels, ...beside, ...frames]) {
    for (const part of [null, "::before", "::after"]) {
      const outline = outlineOf(bearer, part);
      if (outline !== null) return { bearer, part, outline };
    }
  }
  return null;
}

/** A pseudo-element of a ring fills what it is placed in. */
function boxesOf({ bearer, part }: Pick<Ring, "bearer" | "part">): Box[] {
  let filled = bearer;
  if (part !== null) {
    while (getComputedStyle(filled).position === "static" && filled.parentElement !== null)
      filled = filled.parentElement;
  }
  return [...filled.getClientRects()];
}

/** The part of a box that what scrolls or cuts around `from` lets be seen, and the window. */
function shownPart(box: Box, from: Element): Box {
  const shown = { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
  const cut = ({ left, top, right, bottom }: Box): void => {
    shown.left = Math.max(shown.left, left);
    shown.top = Math.max(shown.top, top);
    shown.right = Math.min(shown.right, right);
    shown.bottom = Math.min(shown.bottom, bottom);
  };
  for (let at: Element | null = from; at !== null && at !== document.body; at = at.parentElement) {
    const { position, overflowX, overflowY } = getComputedStyle(at);
    if (at !== from && (overflowX !== "visible" || overflowY !== "visible")) {
      const { left, top } = at.getBoundingClientRect();
      const [x, y] = [left + at.clientLeft, top + at.clientTop];
      cut({ left: x, top: y, right: x + at.clientWidth, bottom: y + at.clientHeight });
    }
    if (position === "fixed") break;
  }
  cut({ left: 0, top: 0, right: innerWidth, bottom: innerHeight });
  return shown;
}

function hiddenSides(whole: Box, shown: Box): string[] {
  const sides = ["left", "top", "right", "bottom"] as const;
  return sides.filter((side) => Math.abs(whole[side] - shown[side]) > slackPixels);
}

function ringFaults(ring: Ring): string[] {
  const { bearer, part, outline } = ring;
  const faults = outline.pixels < leastPixels ? [`its ring is ${outline.pixels} px`] : [];
  const isInside = outline.offset < 0;
  for (const scheme of ["light", "dark"]) {
    const html = document.documentElement;
    const before = html.getAttribute("data-mantine-color-scheme") ?? "";
    html.setAttribute("data-mantine-color-scheme", scheme);
    const ground = groundOf(isInside || part !== null ? bearer : bearer.parentElement);
    const contrast = contrastOf(over(colourOf(getComputedStyle(bearer, part).outlineColor), ground), ground);
    html.setAttribute("data-mantine-color-scheme", before);
    if (contrast < leastContrast) faults.push(`its ring has ${contrast.toFixed(1)}:1 in ${scheme}`);
  }
  const reach = outline.offset + outline.pixels;
  for (const { left, top, right, bottom } of boxesOf(ring)) {
    const edge = { left: left - reach, top: top - reach, right: right + reach, bottom: bottom + reach };

    const cut = hiddenSides(edge, shownPart(edge, bearer));
    if (cut.length > 0 && isAllowedCut(edge, cut)) continue;
    if (cut.length > 0) faults.push(`its ring is cut: ${cut.join(", ")}`);
  }
  return faults;
}

/** What is longer than the window cannot be shown whole. */
function isAllowedCut({ top, bottom }: Box, cut: readonly string[]): boolean {
  return bottom - top > innerHeight / 2 && cut.every((side) => side === "top" || side === "bottom");
}

/** At the middle and near the corners of each of its lines, what is seen is it, or something within it. */
function coverFaults(focused: HTMLElement, shownAs: Element): string[] {
  // A field's icon and its clear button stand in it.
  const frame = focused.closest(".mantine-Input-wrapper") ?? focused;
  const own = [frame, shownAs, ...(focused instanceof HTMLInputElement ? (focused.labels ?? []) : [])];
  const faults: string[] = [];
  for (const rect of shownAs.getClientRects()) {
    const { left, top, right, bottom } = shownPart(rect, shownAs);
    if (right - left < 2 || bottom - top < 2) {
      faults.push("it is out of sight");
      continue;
    }
    const inset = Math.min(4, (right - left) / 3, (bottom - top) / 3);
    const middle = [(left + right) / 2, (top + bottom) / 2] as const;
    const corners = [left + inset, right - inset].flatMap((x) =>
      [top + inset, bottom - inset].map((y) => [x, y] as const),
    );
    for (const [x, y] of bottom - top > innerHeight / 2 ? [middle] : [middle, ...corners]) {
      const upper = document.elementFromPoint(x, y);
      const isSeen = upper !== null && own.some((each) => each.contains(upper) || upper.contains(each));
      if (!isSeen) faults.push(`${upper?.tagName}.${upper?.className} covers it`);
    }
  }
  return [...new Set(faults)];
}

function tellFocused(): Focused | null {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) return null;
  const seen = ((globalThis as { c360Seen?: WeakSet<Element> }).c360Seen ??= new WeakSet());
  const isSeenBefore = seen.has(focused);
  seen.add(focused);
  const name = focused.getAttribute("aria-label") ?? focused.innerText;
  const told = `${focused.tagName.toLowerCase()}.${focused.className} ${name.slice(0, 40).replaceAll("\n", " ")}`;
  const layer = [...document.querySelectorAll(layers)].filter((each) => each.checkVisibility()).at(-1);
  const ring = ringOf(focused);
  const { width, height } = focused.getBoundingClientRect();
  // An input that is drawn by what stands beside it takes no room.
  const shownAs = Math.min(width, height) > 2 ? focused : (ring?.bearer ?? focused);
  const faults = ring === null ? ["it has no ring"] : ringFaults(ring);
  return {
    told,
    isSeenBefore,
    isInLayer: layer?.contains(focused) ?? false,
    faults: [...faults, ...coverFaults(focused, shownAs)],
  };
}

const functions = [
  colourOf,
  over,
  groundOf,
  luminanceOf,
  contrastOf,
  outlineOf,
  ringOf,
  boxesOf,
  shownPart,
  hiddenSides,
  ringFaults,
  isAllowedCut,
  coverFaults,
  tellFocused,
];
const constants = { leastPixels, leastContrast, slackPixels, layers };

/** An expression for a page: `Focused`, or null where nothing has the focus. */
export const probe = `(() => {
  ${Object.entries(constants)
    .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
    .join("\n")}
  ${functions.map(String).join("\n")}
  return tellFocused();
})()`;
