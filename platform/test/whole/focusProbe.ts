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
  outline: Outline;
}
interface Outline {
  pixels: number;
  offset: number;
  colour: string;
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
const reachable = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable=true]";
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

function outlineOf(element: Element, part: string | null): Outline | null {
  const { outlineStyle, outlineWidth, outlineOffset, outlineColor, content, display } = getComputedStyle(element, part);
  if (part !== null && (content === "none" || display === "none")) return null;
  return outlineStyle === "none" || outlineWidth === "0px"
    ? null
    : { pixels: Number.parseFloat(outlineWidth), offset: Number.parseFloat(outlineOffset), colour: outlineColor };
}

/** What is read while it has not the focus, which nothing on the page comes to hear of. */
function withoutFocus<Read>(focused: HTMLElement, read: () => Read): Read {
  const told = ["focus", "blur", "focusin", "focusout", "change"];
  const silence = (event: Event): void => event.stopImmediatePropagation();
  for (const type of told) window.addEventListener(type, silence, true);
  focused.blur();
  try {
    return read();
  } finally {
    focused.focus({ preventScroll: true });
    for (const type of told) window.removeEventListener(type, silence, true);
  }
}

/** Where a ring may be: on itself, on a frame around it, on its label, or on what is drawn in its place beside it. */
function bearersOf(focused: HTMLElement): Element[] {
  const { width, height } = focused.getBoundingClientRect();
  const isDrawn = Math.min(width, height) > 2;
  const frames: Element[] = isDrawn ? [focused] : [];
  for (let at = focused.parentElement; at !== null && frames.length < 6; at = at.parentElement) frames.push(at);
  const labels = focused instanceof HTMLInputElement ? [...(focused.labels ?? [])] : [];
  const beside = focused.nextElementSibling === null ? [] : [focused.nextElementSibling];
  return isDrawn ? [...frames, ...labels, ...beside] : [...labels, ...beside, ...frames];
}

/** The first outline that is there by the focus alone: what looks the same without it marks nothing. */
function ringOf(focused: HTMLElement): Ring | null {
  const parts = [null, "::before", "::after"];
  const places = bearersOf(focused).flatMap((bearer) => parts.map((part) => ({ bearer, part })));
  const lookOf = (): (Outline | null)[] => places.map(({ bearer, part }) => outlineOf(bearer, part));
  const before = withoutFocus(focused, lookOf);
  const now = lookOf();
  for (const [nth, place] of places.entries()) {
    const outline = now[nth] ?? null;
    if (outline !== null && JSON.stringify(outline) !== JSON.stringify(before[nth])) return { ...place, outline };
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

/** In the order of the keyboard; the page is asked to forget them by `forgetSeen`. */
function seenElements(): Set<Element> {
  return ((globalThis as { c360Seen?: Set<Element> }).c360Seen ??= new Set());
}

function nameOf(element: HTMLElement): string {
  const name = element.getAttribute("aria-label") ?? element.innerText;
  return `${element.tagName.toLowerCase()}.${element.className} ${name.slice(0, 40).replaceAll("\n", " ")}`;
}

/** One of a group of radio buttons is reached, the others by the arrows. */
function isReached(element: HTMLElement, seen: Set<Element>): boolean {
  if (!(element instanceof HTMLInputElement) || element.type !== "radio") return seen.has(element);
  return [...seen].some((each) => each instanceof HTMLInputElement && each.name === element.name);
}

/** What the keyboard should have come to, after what it came to first, and has not. */
function tellUnreached(): string[] {
  const seen = seenElements();
  const [first] = seen;
  const isAfter = (element: Element): boolean =>
    first === undefined || (first.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) > 0;
  const isOpen = (element: HTMLElement): boolean =>
    element.tabIndex >= 0 &&
    !element.matches(":disabled") &&
    element.closest("[inert]") === null &&
    element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  return [...document.querySelectorAll<HTMLElement>(reachable)]
    .filter((element) => isAfter(element) && isOpen(element) && !isReached(element, seen))
    .map(nameOf);
}

function tellFocused(): Focused | null {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) return null;
  const seen = seenElements();
  const isSeenBefore = seen.has(focused);
  seen.add(focused);
  const told = nameOf(focused);
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
  withoutFocus,
  bearersOf,
  ringOf,
  boxesOf,
  shownPart,
  hiddenSides,
  ringFaults,
  isAllowedCut,
  coverFaults,
  seenElements,
  nameOf,
  isReached,
  tellUnreached,
  tellFocused,
];
const constants = { leastPixels, leastContrast, slackPixels, layers, reachable };

const inPage = (told: string): string => `(() => {
  ${Object.entries(constants)
    .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
    .join("\n")}
  ${functions.map(String).join("\n")}
  return ${told}();
})()`;

/** An expression for a page: `Focused`, or null where nothing has the focus. */
export const probe = inPage("tellFocused");

/** An expression for a page: the names of what the keyboard has passed by since it was loaded, or asked to forget. */
export const unreached = inPage("tellUnreached");

export const forgetSeen = "delete globalThis.c360Seen";
