import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDestinations } from '../worker/webhooks/destination.ts';
import { createNodeSend } from '../worker/webhooks/send-node.ts';
import { type Receiver, startReceiver } from './receiver.ts';

describe('sending to webhooks from Node', () => {
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  /** A resolver that returns these lists of addresses in turn. */
  function names(...results: string[][]) {
    const lookups: string[] = [];
    return {
      lookups,
      resolve: (
        name: string,
        _: unknown,
        callback: (error: null, found: { address: string; family: number }[]) => void,
      ) => {
        const addresses = results[Math.min(lookups.length, results.length - 1)] ?? [];
        lookups.push(name);
        const found = addresses.map((address) => ({
          address,
          family: address.includes(':') ? 6 : 4,
        }));
        callback(null, found);
      },
    };
  }

  const loopback = createDestinations(['127.0.0.1']);
  const port = () => new URL(receiver.url).port;

  test('connects to the checked address, even if the name changes its address', async () => {
    const { lookups, resolve } = names(['127.0.0.1'], ['10.0.0.1']);
    const send = createNodeSend(loopback, { resolve });
    expect(await send(`http://hooks.example.com:${port()}/`, {}, '{}')).toBe(204);
    expect(lookups).toEqual(['hooks.example.com']);
    expect(receiver.received[0]?.headers.host).toBe(`hooks.example.com:${port()}`);
    await expect(send(`http://hooks.example.com:${port()}/`, {}, '{}')).rejects.toThrow(
      'not public',
    );
  });

  test.each([
    [['127.0.0.1']],
    [['10.0.0.1']],
    [['93.184.215.14', '127.0.0.1']],
    [['169.254.169.254']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['2606:2800:21f:cb07:6820:80da:af6b:8b2c', 'fe80::1']],
  ])('refuses a name that resolves to %j', async (addresses) => {
    const { resolve } = names(addresses);
    const send = createNodeSend(createDestinations([]), { resolve });
    const url = `https://hooks.example.com:${port()}/`;
    await expect(send(url, {}, '{}')).rejects.toThrow('its address is not public');
    expect(receiver.received).toEqual([]);
  });

  test('allows http only in networks that the operator allows', async () => {
    const { resolve } = names(['93.184.215.14']);
    const send = createNodeSend(loopback, { resolve });
    await expect(send('http://hooks.example.com/', {}, '{}')).rejects.toThrow('it is not https');
  });

  test('times out if the receiver does not respond', async () => {
    receiver.respond = () => {};
    const send = createNodeSend(loopback, { timeout: 200 });
    await expect(send(receiver.url, {}, '{}')).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('accepts the status of an endless response', async () => {
    let sent = 0;
    receiver.respond = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(16 * 1024);
      const more = () => {
        while (!response.destroyed && sent < 256 * 1024 * 1024) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    };
    const send = createNodeSend(loopback, { timeout: 5_000 });
    expect(await send(receiver.url, {}, '{}')).toBe(200);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('accepts the status of a slow response', async () => {
    receiver.respond = (response) => {
      response.writeHead(200);
      response.write('.');
    };
    const send = createNodeSend(loopback, { timeout: 300 });
    expect(await send(receiver.url, {}, '{}')).toBe(200);
  });

  test('fails if the receiver disconnects', async () => {
    receiver.respond = (response) => response.destroy();
    const send = createNodeSend(loopback);
    await expect(send(receiver.url, {}, '{}')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
