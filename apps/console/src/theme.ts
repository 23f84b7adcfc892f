import { Badge, type CSSVariablesResolver, createTheme, Menu, Modal, Tooltip } from '@mantine/core';

const fonts = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';
const monospace = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'md',
  fontFamily: fonts,
  fontFamilyMonospace: monospace,
  headings: { fontWeight: '650', sizes: { h2: { fontSize: '1.5rem', lineHeight: '1.3' } } },
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Badge: Badge.extend({ defaultProps: { variant: 'outline', tt: 'none', fw: 600, miw: 'max-content' } }),
    // The scroll lock writes a style element without a nonce, which the page's policy refuses.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, closeButtonProps: { 'aria-label': 'Close' } },
    }),
    // Its placeholder is a child of role=menu that is no menu item.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300 } }),
  },
});

// Orange 9 of the library is too light for words.
const warning = '#9c3505';

/** Colours of text that keep a contrast of 4.5:1 on every ground of the console (WCAG 2.2, 1.4.3). */
export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': colors.gray[7],
    '--mantine-color-placeholder': colors.gray[7],
    '--mantine-color-error': colors.red[9],
    '--mantine-color-anchor': colors.indigo[8],
    '--mantine-color-teal-outline': '#087055',
    '--mantine-color-orange-outline': warning,
    '--mantine-color-orange-light-color': warning,
    '--mantine-color-body': colors.gray[0],
    '--console-panel': '#ffffff',
    '--console-line': colors.gray[3],
    '--console-before': colors.red[1],
    '--console-after': colors.green[1],
  },
  dark: {
    '--mantine-color-dimmed': colors.dark[1],
    '--mantine-color-placeholder': colors.dark[2],
    '--mantine-color-error': colors.red[4],
    '--mantine-color-anchor': colors.indigo[3],
    '--mantine-color-body': colors.dark[8],
    '--console-panel': colors.dark[7],
    '--console-line': colors.dark[4],
    '--console-before': '#4a1f22',
    '--console-after': '#173d22',
  },
});
