/** What a registry of OCI asks for with a 401. */
export type Challenge =
  | { scheme: 'basic' }
  | {
      scheme: 'bearer';
      /** Where a token is to be fetched. */
      realm: string;
      service: string | undefined;
      scope: string | undefined;
    };

/** The maximum length of a `WWW-Authenticate`, in characters. */
const maxChallenge = 4096;

/**
 * Parses a `WWW-Authenticate` of a registry (RFC 9110 section 11.6.1, and the Docker registry's token authentication);
 * `undefined` if it asks for something else.
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  if (header === null || header.length > maxChallenge) return undefined;
  const [, scheme = '', rest = ''] = /^\s*([a-zA-Z]+)\s*(.*)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' };
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const values = new Map(
    [...rest.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const realm = values.get('realm');
  if (realm === undefined) return undefined;
  return { scheme: 'bearer', realm, service: values.get('service'), scope: values.get('scope') };
}
