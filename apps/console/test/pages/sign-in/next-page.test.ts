import { describe, expect, it } from 'vitest';
import { nextPage } from '../../../src/pages/sign-in/next-page.ts';

describe('the way on after a sign-in', () => {
  it.for([
    ['/users?q=a', '/users?q=a'],
    [null, '/connectors'],
    ['https://evil.example/', '/connectors'],
    ['//evil.example/', '/connectors'],
    ['/\\evil.example/', '/connectors'],
    ['/sign-in?next=/users', '/connectors'],
  ] as const)('leads from %s to %s', ([next, page]) => {
    expect(nextPage(next)).toBe(page);
  });
});
