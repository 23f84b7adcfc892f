/** Where answers may be sent: an identity provider must not post to whatever address a request names. */
export interface ServiceProviders {
  isAllowedAcs(acsUrl: string): boolean;
  /** The same list as sources of the CSP directive `form-action`. */
  readonly formActionSources: readonly string[];
}

const loopbackSources = ['localhost', '127.0.0.1'].flatMap((host) => [`http://${host}:*`, `https://${host}:*`]);

/** Loopback addresses, and the origins that are named. */
export function createServiceProviders(allowedOrigins: readonly string[]): ServiceProviders {
  return {
    isAllowedAcs(acsUrl) {
      const url = URL.parse(acsUrl);
      if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
      if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
      return isLoopback(url.hostname) || allowedOrigins.includes(url.origin);
    },
    formActionSources: [...loopbackSources, ...allowedOrigins],
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1';
}
