import { describe, expect, it } from 'vitest';
import { withoutArguments } from '../../src/redis/redis-faults.ts';

describe('an error of the client', () => {
  it('loses the arguments of its command, which may be secrets', () => {
    const fault = Object.assign(new Error('ERR something\nat hidden'), { command: { name: 'auth', args: ['hidden'] } });
    const plain = withoutArguments(fault);
    expect(plain.message).toBe('ERR something');
    expect(Object.keys(plain).filter((key) => key !== 'name')).toEqual([]);
  });

  it('loses those that Redis repeats', () => {
    const fault = new Error("ERR unknown command 'X', with args beginning with: 'hidden' 'more'");
    expect(withoutArguments(fault).message).toBe("ERR unknown command 'X'");
  });
});
