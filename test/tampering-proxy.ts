import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Changes the body of a response. */
export type Tamper = (path: string, body: Buffer) => Buffer | string | Promise<Buffer | string>;

/** An attacker between a registry and its hosts: a proxy that changes every successful response with `tamper`. */
export interface TamperingProxy {
  url: string;
  tamper: Tamper;
  /** Whether a path is not found, whatever the registry says. */
  withhold: (path: string) => boolean;
  /** The statuses of the registry's responses so far. */
  statuses: number[];
  close: () => Promise<void>;
}

export async function startTamperingProxy(registry: string): Promise<TamperingProxy> {
  const proxy: TamperingProxy = {
    url: '',
    tamper: (_, body) => body,
    withhold: () => false,
    statuses: [],
    close: async () => {},
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const headers = new Headers();
    for (const name of ['authorization', 'if-none-match']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const asked = proxy.withhold(path) ? '/v1/withheld' : path;
    const original = await fetch(new URL(asked, registry), { headers });
    proxy.statuses.push(original.status);
    let body: Buffer | string = Buffer.from(await original.arrayBuffer());
    if (original.ok) body = await proxy.tamper(path, body);
    response.writeHead(original.status, {
      'Content-Type': original.headers.get('Content-Type') ?? 'text/plain',
      ...(original.headers.has('ETag') ? { ETag: original.headers.get('ETag') ?? '' } : {}),
    });
    response.end(original.status === 304 ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return proxy;
}
