import { hash } from 'node:crypto';

/** The one stylesheet of the pages, served as a file of its own: the policy allows no style in the page. */
export const stylesheet = `:root {
  color-scheme: light dark;
  --ground: #f4f5f7;
  --card: #ffffff;
  --text: #1c2430;
  --quiet: #566173;
  --line: #d5dae1;
  --accent: #1d5fd1;
  --on-accent: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c;
    --card: #1b212a;
    --text: #e8ecf2;
    --quiet: #a5b0c0;
    --line: #36404d;
    --accent: #8ab4ff;
    --on-accent: #10141a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  display: grid;
  place-items: center;
  padding: 1.5rem 1rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main {
  width: 100%;
  max-width: 30rem;
  padding: 2rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 12px;
}
.app { margin: 0 0 1.25rem; color: var(--quiet); font-size: 0.875rem; font-weight: 600; }
h1 { margin: 0 0 0.75rem; font-size: 1.375rem; line-height: 1.3; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--line); }
dl div { display: grid; grid-template-columns: 8.5rem 1fr; gap: 0.75rem; padding: 0.625rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.reference { font: 600 1.125rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: 0.04em; }
.action {
  display: inline-block;
  padding: 0.625rem 1.25rem;
  border: 0;
  border-radius: 8px;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
.action:hover { filter: brightness(1.08); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (max-width: 26rem) {
  main { padding: 1.5rem 1.25rem; }
  dl div { grid-template-columns: 1fr; gap: 0; }
}
`;

/** Its address changes with its content, so that it can be kept for ever. */
export const stylesheetPath = `/pages/${hash('sha256', stylesheet, 'hex').slice(0, 16)}.css`;
