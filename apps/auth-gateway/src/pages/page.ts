import type { FastifyReply } from 'fastify';
import { html, type Markup } from './html.ts';
import { stylesheetPath } from './stylesheet.ts';

export interface Page {
  readonly title: string;
  readonly content: Markup;
}

/** Nothing is loaded but the stylesheet, nothing runs, forms go nowhere but here, and nobody frames it. */
export const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** @param appName the application that people sign in to */
export const renderPage = (appName: string, { title, content }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${appName}</title>
<link rel="icon" href="/console/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${stylesheetPath}">
</head>
<body>
<main>
<p class="app">${appName}</p>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;

/** Sends a page under the pages' policy. */
export const sendPage = (reply: FastifyReply, status: number, appName: string, page: Page): FastifyReply =>
  reply
    .code(status)
    .headers({
      'content-security-policy': pagePolicy,
      // Not `no-referrer`: with it browsers send `Origin: null` even from our own forms.
      'referrer-policy': 'same-origin',
      'content-language': 'en',
    })
    .type('text/html; charset=utf-8')
    .send(renderPage(appName, page));

/** Whether an answer is to be JSON: asked for, and a page is not. */
export const wantsJson = (accept: string | undefined): boolean =>
  accept !== undefined && /application\/(?:problem\+)?json/i.test(accept) && !/text\/html/i.test(accept);

/** Whether a page was asked for in so many words, as browsers do when a person goes somewhere. */
export const wantsPage = (accept: string | undefined): boolean => accept !== undefined && /text\/html/i.test(accept);
