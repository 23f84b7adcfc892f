import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';

export interface TlsProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Ends TLS and passes requests on by their host name, as an Ingress does. Its certificate is of its own making: the browser
 * has to be told to take it.
 * @param upstreams ports on 127.0.0.1 by host name
 */
export const startTlsProxy = async (upstreams: Readonly<Record<string, number>>): Promise<TlsProxy> => {
  const key = makeSigningKey('ec-p256');
  const server = createServer(
    {
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      cert: makeSelfSignedCertificate({ key, subject: { commonName: '*.example' } }),
    },
    (incoming, outgoing) => {
      const host = incoming.headers.host ?? '';
      const port = upstreams[host];
      if (port === undefined) {
        outgoing.writeHead(421).end();
        return;
      }
      const headers = {
        ...incoming.headers,
        'x-forwarded-for': incoming.socket.remoteAddress ?? '',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': host,
      };
      const passed = request(
        { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
