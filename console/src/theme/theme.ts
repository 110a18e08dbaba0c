import { createTheme, type CSSVariablesResolver, localStorageColorSchemeManager } from "@mantine/core";

/** Mantine's defaults fail WCAG AA in places: dimmed text, filled blue. These pass on cards and on the page. */
export const theme = createTheme({
  primaryColor: "blue",
  primaryShade: 8,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "13px", lg: "16px", xl: "20px" },
  headings: { sizes: { h1: { fontSize: "20px", lineHeight: "28px" }, h2: { fontSize: "16px", lineHeight: "24px" } } },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Where no colours are seen, nothing else tells it from text.
    Anchor: { defaultProps: { underline: "always" } },
    Tooltip: { defaultProps: { withinPortal: true, events: { hover: true, focus: true, touch: true } } },
    // Their <header> is no landmark of the page's.
    Modal: { defaultProps: { centered: true, attributes: { header: { role: "none" } } } },
    Drawer: { defaultProps: { attributes: { header: { role: "none" } } } },
  },
});

/** Plain CSS loses against Mantine's own variables: they are set here. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5a6169",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-placeholder": "#6a7178",
    "--mantine-color-anchor": "#1864ab",
    "--mantine-primary-color-light-color": "#1864ab",
    "--c360-ok": "#0b6b38",
    "--c360-warn": "#8a4b00",
    "--c360-bad": "#b42318",
    "--c360-raised": "#f6f8fa",
  },
  dark: {
    "--mantine-color-dimmed": "#a9adb2",
    "--mantine-color-error": "#ff9c94",
    "--mantine-color-placeholder": "#9a9fa5",
    "--mantine-color-anchor": "#8ac3fa",
    "--mantine-primary-color-light-color": "#a5d8ff",
    "--c360-ok": "#63e6a4",
    "--c360-warn": "#ffc078",
    "--c360-bad": "#ff9c94",
    "--c360-raised": "#2a2a2a",
  },
});

/** The key is read by public/colour-scheme.js too. */
export const colourSchemes = localStorageColorSchemeManager({ key: "c360.colourScheme" });
