import { describe, expect, it } from 'vitest';
import { capturedLog } from './support/captured-log.ts';

describe('createLogger', () => {
  it('censors what must never be written, wherever it stands', () => {
    const { logger, text } = capturedLog();
    logger.info({ req: { headers: { cookie: 'hunter2', authorization: 'hunter2', 'set-cookie': 'hunter2' } } }, 'a');
    logger.info(
      { body: { SAMLResponse: 'hunter2', RelayState: 'hunter2', code: 'hunter2', passphrase: 'hunter2' } },
      'b',
    );
    logger.info({ token: 'hunter2', csrfToken: 'hunter2', clientSecret: 'hunter2', query: { code: 'hunter2' } }, 'c');
    expect(text()).not.toContain('hunter2');
    expect(text().split('•••').length - 1).toBe(11);
  });

  it('keeps the codes of errors, their causes and nothing else of them', () => {
    const { logger, lines, text } = capturedLog();
    const cause = Object.assign(new Error('disk'), { code: 'ENOSPC', response: 'hunter2' });
    logger.error({ err: Object.assign(new Error('no'), { code: 'store_unavailable', cause }) }, 'failed');
    expect(lines()[0]?.err).toMatchObject({
      code: 'store_unavailable',
      message: 'no',
      cause: { code: 'ENOSPC', message: 'disk' },
    });
    expect(text()).not.toContain('hunter2');
  });

  it('survives errors that are their own cause', () => {
    const { logger, lines } = capturedLog();
    const error: Error = new Error('round');
    error.cause = error;
    logger.error({ err: error }, 'failed');
    expect(lines()).toHaveLength(1);
  });
});
