import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** A CI provider on loopback that issues tokens with any claims. */
export interface OidcIssuer {
  url: string;
  /** Issues a token with these claims, in addition to the default ones. */
  issue: (claims: JWTPayload, options?: IssueOptions) => Promise<string>;
  /** The number of requests for its keys. */
  keyRequests: () => number;
  close: () => Promise<void>;
}

export interface IssueOptions {
  /** Signs with a key that the provider does not publish. */
  strange?: boolean;
  /** The time of issue, in seconds from now. */
  issued?: number;
  /** The time of expiry, in seconds from now. */
  expires?: number;
}

export async function startIssuer(): Promise<OidcIssuer> {
  let number = 0;
  const makeKey = async () => ({ kid: `key-${number++}`, ...(await generateKeyPair('ES256')) });
  const key = await makeKey();
  const strange = await makeKey();
  let requests = 0;
  const server = createServer(async (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }));
    } else if (request.url === '/jwks') {
      requests++;
      const jwk = { ...(await exportJWK(key.publicKey)), kid: key.kid, alg: 'ES256', use: 'sig' };
      response.end(JSON.stringify({ keys: [jwk] }));
    } else {
      response.writeHead(404).end('{}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async issue(claims, options = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        iss: url,
        iat: now + (options.issued ?? 0),
        exp: now + (options.expires ?? 300),
        jti: crypto.randomUUID(),
        ...claims,
      };
      const { kid, privateKey } = options.strange ? { ...strange, kid: key.kid } : key;
      return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
    },
    keyRequests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
