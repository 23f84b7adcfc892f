import { makeResponse, makeSelfSignedCertificate, makeSigningKey, type ResponseOptions } from '@gatehouse/practice-idp';
import { postAnswer, type RunningStandalone, type StartedLogin, startLogin } from '@gatehouse/test-servers';

const issuer = 'http://127.0.0.1:4999/saml/metadata';

/** Whatever is administered and signed in to, embedded or distributed. */
type Product = Pick<RunningStandalone, 'baseUrl' | 'port' | 'administer'>;

type Answer = Partial<Pick<ResponseOptions, 'flaw' | 'edit' | 'nameId'>>;

/** An identity provider that is a key and an issuer: its answers are made by the test, without a server or a browser. */
export interface Signer {
  readonly connectorId: string;
  /** The user whom `signIn` signs in. */
  readonly userId: string;
  readonly username: string;
  respond(product: Product, started: StartedLogin, more?: Answer): string;
  /** A whole login. @returns the cookie header of a session. @throws when there is none */
  signIn(product: Product): Promise<string>;
}

/** Makes a connector and a user linked to it, by the administration API. */
export const createSigner = async (product: Product, reference: string): Promise<Signer> => {
  const key = makeSigningKey();
  const certificate = makeSelfSignedCertificate({ key });
  const username = `${reference}@example.com`;
  const made = async (path: string, body: unknown): Promise<string> => {
    const answer = await product.administer('POST', path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const connectorId = await made('/api/connectors', {
    name: reference,
    reference,
    type: 'SAML_V2',
    saml: {
      issuerUrl: issuer,
      endpoint: 'http://127.0.0.1:4999/sso',
      nameIdFormat: 'emailAddress',
      certificates: [certificate],
    },
  });
  const userId = await made('/api/users', { username, displayName: 'Somebody' });
  const linked = await product.administer('PUT', `/api/users/${userId}/connectors/${connectorId}`);
  if (linked.status !== 204) throw new Error(`link: ${linked.status} ${JSON.stringify(linked.body)}`);

  const respond: Signer['respond'] = ({ baseUrl }, started, more = {}) =>
    makeResponse({
      key,
      certificate,
      issuer,
      acsUrl: `${baseUrl}/api/sso/login/callback`,
      audience: `${baseUrl}/api/saml/metadata`,
      nameId: username,
      inResponseTo: started.requestId,
      ...more,
    });
  return {
    connectorId,
    userId,
    username,
    respond,
    async signIn(running) {
      const origin = originOf(running);
      const started = await startLogin(origin, reference);
      const { session, status, text } = await postAnswer(origin, started, respond(running, started));
      if (session === undefined) throw new Error(`no session: ${status} ${text.slice(0, 300)}`);
      return session;
    },
  };
};

/** Where the product is reached without asking for the address of `localhost`. */
export const originOf = ({ port }: { readonly port: number }): string => `http://127.0.0.1:${port}`;

/** Status of `GET /api/session` with this cookie header. */
export const sessionStatus = async (product: Product, cookie: string): Promise<number> => {
  const answer = await fetch(`${originOf(product)}/api/session`, { headers: { cookie } });
  await answer.arrayBuffer();
  return answer.status;
};
