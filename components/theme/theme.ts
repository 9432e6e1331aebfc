"use client";

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#eef2fc",
  "#dbe3f8",
  "#b6c6f1",
  "#93abf5",
  "#6d88df",
  "#4f6cd0",
  "#3553b8",
  "#2c46a0",
  "#243a85",
  "#1b2c66",
];

/** Blue-black, in steps: words, dim words, lines, raised, card, page. */
const dark: MantineColorsTuple = [
  "#e2e8f2",
  "#b8c3d5",
  "#93a0b6",
  "#5c6b84",
  "#222d3f",
  "#1a2435",
  "#182131",
  "#101723",
  "#0a0f18",
  "#060a11",
];

/** Said to those who do not see the cross. */
const CLOSE = { "aria-label": "Close" };

export const theme = createTheme({
  primaryColor: "accent",
  // Shade 6 in both schemes: white words on it keep a contrast above 4.5.
  primaryShade: 6,
  colors: { accent, dark },
  fontFamily: "var(--font-geist-sans), system-ui, sans-serif",
  fontFamilyMonospace: "var(--font-geist-mono), ui-monospace, monospace",
  headings: { fontFamily: "var(--font-geist-sans), system-ui, sans-serif", fontWeight: "600" },
  defaultRadius: "sm",
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "12px", xl: "24px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false, events: { hover: true, focus: true, touch: true } } },
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs", comboboxProps: { shadow: "none" } } },
    Menu: { defaultProps: { shadow: "none" } },
    Popover: { defaultProps: { shadow: "none" } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 }, closeButtonProps: CLOSE } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 }, closeButtonProps: CLOSE } },
    Notification: { defaultProps: { closeButtonProps: CLOSE } },
  },
});

/** Stock Mantine misses 4.5:1 for dimmed, error and placeholder words: these keep it in both schemes. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "var(--surface-card)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--text-dim)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-placeholder": "#66738a",
    "--mantine-color-error": "var(--tone-bad-fg)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-default-hover": "var(--surface-hover)",
  },
  dark: {
    "--mantine-color-body": "var(--surface-card)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--text-dim)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-placeholder": "#8492a9",
    "--mantine-color-error": "var(--tone-bad-fg)",
    "--mantine-color-default": "var(--surface-card)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-default-hover": "var(--surface-hover)",
  },
});
