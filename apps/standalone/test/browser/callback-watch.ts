import type { Page } from '@gatehouse/test-servers';

/** A request to the callback, and what it was answered. */
export interface CallbackStep {
  readonly method: string;
  readonly path: string;
  /** Names of the cookies that came with it. */
  readonly cookies: readonly string[];
  readonly status: number;
}

const cookieNames = (header: string | undefined): readonly string[] =>
  (header ?? '')
    .split(';')
    .map((pair) => pair.trim().split('=', 1)[0] ?? '')
    .filter((name) => name !== '')
    .sort();

/**
 * Everything that a page sends to the callback, with the headers that really went over the wire.
 * @returns what was sent, in order, since the last call
 */
export const watchCallback = (page: Page): (() => Promise<readonly CallbackStep[]>) => {
  const steps: Promise<CallbackStep>[] = [];
  page.on('response', (response) => {
    const request = response.request();
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith('/api/sso/login/callback')) return;
    steps.push(
      request.allHeaders().then(({ cookie }) => ({
        method: request.method(),
        path: pathname,
        cookies: cookieNames(cookie),
        status: response.status(),
      })),
    );
  });
  return () => Promise.all(steps.splice(0));
};
