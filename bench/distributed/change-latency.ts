import { setTimeout as delay } from 'node:timers/promises';
import { makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import type { RunningDistributed } from '@gatehouse/test-servers';
import { inParallel } from '../in-parallel.ts';
import { quantile } from '../process-figures.ts';

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface ChangeFigures {
  readonly changes: number;
  readonly atOnce: number;
  /** From the registry's decision until the gateway that was asked has the change in force, in milliseconds. */
  readonly enforcedMs: Spread;
  /** The administrator's whole request. */
  readonly requestMs: Spread;
  /** Answers that came before the change was in force (`Gatehouse-Applied: pending`). */
  readonly pending: number;
  /** Requests turned away because a process was overloaded (503), and sent again. */
  readonly turnedAway: number;
}

const spread = (times: readonly number[]): Spread => {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), most: sorted.at(-1) ?? Number.NaN };
};

const epochNow = (): number => performance.timeOrigin + performance.now();

/** Makes connectors whose endpoint is then changed again and again; what it returns measures `atOnce` changes at a time. */
export const prepareChanges = async (product: RunningDistributed, connectors: number) => {
  const [, other] = product.gateways;
  if (other === undefined) throw new Error('two gateways are needed');
  const certificate = makeSelfSignedCertificate({ key: makeSigningKey() });
  const made: { readonly id: string; readonly reference: string; etag: string; changes: number }[] = [];
  for (let number = 0; number < connectors; number++) {
    const reference = `changing-${number}`;
    const { body, headers, status } = await product.administer('POST', '/api/connectors', {
      name: reference,
      reference,
      type: 'SAML_V2',
      saml: {
        issuerUrl: `https://idp-${number}.example/metadata`,
        endpoint: 'https://idp.example/sso/0',
        nameIdFormat: 'emailAddress',
        certificates: [certificate],
      },
    });
    if (status !== 201) throw new Error(`the connector was not made: ${status} ${JSON.stringify(body)}`);
    made.push({ id: body.id, reference, etag: headers.get('etag') ?? '', changes: 0 });
  }

  let turnedAway = 0;

  const change = async (connector: (typeof made)[number]) => {
    connector.changes += 1;
    const saml = { endpoint: `https://idp.example/sso/${connector.changes}` };
    const send = async () => {
      const begun = epochNow();
      const path = `/api/connectors/${connector.id}`;
      return { begun, ...(await product.administer('PATCH', path, { saml }, { 'if-match': connector.etag })) };
    };
    let sent = await send();
    while (sent.status === 503) {
      turnedAway += 1;
      await delay(200);
      sent = await send();
    }
    const answered = epochNow();
    const { begun, body, headers, status } = sent;
    if (status !== 200) throw new Error(`the change was refused: ${status} ${JSON.stringify(body)}`);
    connector.etag = headers.get('etag') ?? '';
    return {
      decided: Date.parse(body.updatedAt),
      requestMs: answered - begun,
      // The decision's time is cut to whole milliseconds: the figure is up to one too high.
      enforcedMs: answered - Date.parse(body.updatedAt),
      isPending: headers.get('gatehouse-applied') !== null,
    };
  };

  const measure = async (changes: number, atOnce: number): Promise<ChangeFigures> => {
    turnedAway = 0;
    // One connector for each that is at once: nobody's version gets old.
    const each = Array.from({ length: atOnce }, (_, at) => made[at] as (typeof made)[number]);
    const rounds = await inParallel(each, atOnce, async (connector) => {
      const own: Awaited<ReturnType<typeof change>>[] = [];
      for (let done = 0; done < changes / atOnce; done++) own.push(await change(connector));
      return own;
    });
    const measured = rounds.flat();
    return {
      changes: measured.length,
      atOnce,
      enforcedMs: spread(measured.map(({ enforcedMs }) => enforcedMs)),
      requestMs: spread(measured.map(({ requestMs }) => requestMs)),
      pending: measured.filter(({ isPending }) => isPending).length,
      turnedAway,
    };
  };

  /** When the other gateway, which was not asked, sends a browser to the new endpoint: it is asked all the time. */
  const measureElsewhere = async (changes: number): Promise<Spread> => {
    const times: number[] = [];
    for (let done = 0; done < changes; done++) {
      const connector = made[done % made.length] as (typeof made)[number];
      const wanted = `https://idp.example/sso/${connector.changes + 1}?`;
      const seen = (async () => {
        for (;;) {
          const answer = await fetch(`${other.url}/api/sso/login/${connector.reference}`, { redirect: 'manual' });
          await answer.arrayBuffer();
          if (answer.headers.get('location')?.startsWith(wanted)) return epochNow();
        }
      })();
      const [{ decided }, at] = await Promise.all([change(connector), seen]);
      times.push(at - decided);
    }
    return spread(times);
  };

  return { measure, measureElsewhere };
};
