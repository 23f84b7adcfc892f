/** What the operator decides about the gateway. Read and checked by the host; trusted here. */
export interface GatewaySettings {
  /** Public address without a slash at its end. Cookies, metadata and redirects are made from it, never from `Host`. */
  readonly baseUrl: string;
  /** The application that people sign in to. */
  readonly appName: string;
  /** The product's own version, shown to administrators. */
  readonly version: string;
  /** Origins that a login may return to, beside the base URL. */
  readonly allowedReturnOrigins: readonly string[];
  /** Whom tokens may be for, beside the base URL. */
  readonly tokenAudiences: readonly string[];
  /** `false` only for load and attack tests. */
  readonly rateLimit: boolean;
  /** An API key with all rights, outside the store. */
  readonly adminKey?: string | undefined;
  /** How long a warm view is good enough to start with while the log is out of reach. */
  readonly maxStalenessMs: number;
  /** How long audit entries are kept, in days. */
  readonly auditDays: number;
  /** Built console: `index.html` and `assets/`. Without it `/console/` answers 404. */
  readonly consoleDir?: string | undefined;
}

/** The addresses that are made from the base URL. */
export interface GatewayAddresses {
  readonly origin: string;
  /** Whether browsers come by https: cookies are then `__Host-` and `Secure`. */
  readonly secure: boolean;
  readonly entityId: string;
  readonly replyUrl: string;
  loginAddress(reference: string): string;
}

export const callbackPath = '/api/sso/login/callback';
export const continuePath = `${callbackPath}/continue`;
export const metadataPath = '/api/saml/metadata';

export const gatewayAddresses = (baseUrl: string): GatewayAddresses => ({
  origin: new URL(baseUrl).origin,
  secure: new URL(baseUrl).protocol === 'https:',
  entityId: baseUrl + metadataPath,
  replyUrl: baseUrl + callbackPath,
  loginAddress: (reference) => `${baseUrl}/api/sso/login/${encodeURIComponent(reference)}`,
});
