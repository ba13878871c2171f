import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Changes what a registry answers, as whoever sits between it and a host can. */
export type Meddle = (path: string, body: Buffer) => Buffer | string | Promise<Buffer | string>;

/** A proxy in front of a registry that lets `meddle` have its way with every good answer. */
export interface Meddler {
  url: string;
  meddle: Meddle;
  /** What the registry has answered so far. */
  statuses: number[];
  close: () => Promise<void>;
}

export async function startMeddler(registry: string): Promise<Meddler> {
  const meddler: Meddler = {
    url: '',
    meddle: (_, body) => body,
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
    const answer = await fetch(new URL(path, registry), { headers });
    meddler.statuses.push(answer.status);
    let body: Buffer | string = Buffer.from(await answer.arrayBuffer());
    if (answer.ok) body = await meddler.meddle(path, body);
    response.writeHead(answer.status, {
      'Content-Type': answer.headers.get('Content-Type') ?? 'text/plain',
      ...(answer.headers.has('ETag') ? { ETag: answer.headers.get('ETag') ?? '' } : {}),
    });
    response.end(answer.status === 304 ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  meddler.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  meddler.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return meddler;
}
