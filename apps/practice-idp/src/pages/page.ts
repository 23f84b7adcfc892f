import type { FastifyReply } from 'fastify';
import { type Html, html } from './html.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Name of a file under /assets/. */
  readonly script?: string;
}

/** One document around a page's body. */
export function renderPage(page: Page): string {
  const script = page.script === undefined ? undefined : html`<script src="/assets/${page.script}" defer></script>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} – Practice identity provider</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
${script}
</head>
<body>
<main>
${page.body}
</main>
</body>
</html>
`.html;
}

/** Sends a page that runs no script but its own files, and whose forms go to the given sources only. */
export function sendPage(reply: FastifyReply, page: Page, formAction: readonly string[] = ["'self'"]): FastifyReply {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action ${formAction.join(' ')}`,
  ];
  return reply
    .headers({
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      // Not `no-referrer`: with it browsers send `Origin: null` even from our own forms.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(renderPage(page));
}
