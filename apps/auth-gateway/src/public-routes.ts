import type { SigningKeys } from '@gatehouse/keyring';
import type { ServiceProvider } from '@gatehouse/saml';
import type { FastifyInstance } from 'fastify';
import { stylesheet, stylesheetPath } from './pages/stylesheet.ts';
import { metadataPath } from './settings.ts';

/** What anybody may read: who we are to identity providers, our verification keys, the pages' stylesheet. */
export const publicRoutes = (
  app: FastifyInstance,
  deps: { readonly serviceProvider: ServiceProvider; readonly signingKeys: SigningKeys },
): void => {
  app.get(metadataPath, async (_request, reply) =>
    reply
      .headers({ 'cache-control': 'public, max-age=3600' })
      // SAML Metadata 4.1.1.
      .type('application/samlmetadata+xml')
      .send(deps.serviceProvider.metadata()),
  );
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply
      .headers({ 'cache-control': 'public, max-age=300', 'cross-origin-resource-policy': 'cross-origin' })
      .type('application/jwk-set+json')
      .send(JSON.stringify(deps.signingKeys.jwks())),
  );
  app.get(stylesheetPath, async (_request, reply) =>
    reply
      .headers({ 'cache-control': 'public, max-age=31536000, immutable' })
      .type('text/css; charset=utf-8')
      .send(stylesheet),
  );
};
