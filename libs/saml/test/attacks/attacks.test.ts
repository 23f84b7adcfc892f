import { isFlawName } from '@gatehouse/practice-idp';
import { describe, expect, it } from 'vitest';
import { connector, context, genuine, refusalOf, serviceProvider } from '../login-scene.ts';
import { attackCases, practiceExpectations } from './corpus.ts';

const provider = serviceProvider();
const { requestId } = context;
const control = genuine();

describe.each(attackCases.map((attack) => [attack.name, attack] as const))('%s', (_name, attack) => {
  it(`is refused with ${attack.expectedCode}, and the genuine response is accepted after it`, async () => {
    const settings = { ...connector, connectorId: attack.name, ...attack.connector?.(context) };
    const refusal = await refusalOf(() => provider.finish(settings, attack.make(context), { requestId }));

    expect(refusal?.code).toBe(attack.expectedCode);
    expect(refusal?.detail.length).toBeLessThan(1_500);
    const { nameId } = await provider.finish(connector, control, { requestId });
    expect(nameId.value).toBe(context.nameId);
  });
});

it('no two cases have one name', () => {
  expect(new Set(attackCases.map(({ name }) => name)).size).toBe(attackCases.length);
});

describe('what is odd but right, or wrong only by what happened before', () => {
  const names = Object.entries(practiceExpectations).flatMap(([name, expected]) =>
    isFlawName(name) && (expected === 'accepted' || expected === 'gateway') ? [name] : [],
  );

  it.each(names)('%s is accepted here', async (flaw) => {
    await expect(provider.finish(connector, genuine({ flaw }), { requestId })).resolves.toBeDefined();
  });
});
