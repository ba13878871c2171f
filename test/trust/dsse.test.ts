import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeBase64,
  encodeBase64,
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  importPublicKey,
  open,
  preAuthenticationEncoding,
  sign,
} from '../../trust/index.ts';

const text = new TextEncoder();

describe('DSSE', () => {
  test('the pre-authentication encoding matches the protocol’s example', () => {
    const encoded = preAuthenticationEncoding(
      'http://example.com/HelloWorld',
      text.encode('hello world'),
    );
    expect(new TextDecoder().decode(encoded)).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  test('lengths count bytes, not characters', () => {
    const encoded = preAuthenticationEncoding('é', text.encode('ü'));
    expect(new TextDecoder().decode(encoded)).toBe('DSSEv1 2 é 2 ü');
  });

  test('only the given keys count, each once', async () => {
    const [first, second, stranger] = await Promise.all([
      generateKeyPair(),
      generateKeyPair(),
      generateKeyPair(),
    ]);
    const envelope = await sign('t', text.encode('payload'), [first, first, second, stranger]);
    const keys = [first.publicKey, second.publicKey];
    const opened = await open(envelope, keys);
    expect(opened?.signers.map(({ keyId }) => keyId)).toEqual(keys.map(({ keyId }) => keyId));
    expect((await open(envelope, []))?.signers).toEqual([]);
  });

  test('a signature under another key id does not count', async () => {
    const [signer, other] = await Promise.all([generateKeyPair(), generateKeyPair()]);
    const envelope = await sign('t', text.encode('payload'), [signer]);
    const [signature] = envelope.signatures;
    const renamed = {
      ...envelope,
      signatures: [{ keyid: other.publicKey.keyId, sig: signature?.sig ?? '' }],
    };
    expect((await open(renamed, [signer.publicKey, other.publicKey]))?.signers).toEqual([]);
  });

  test('no flipped bit of payload, type or signature verifies', async () => {
    const key = await generateKeyPair();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(),
        fc.constantFrom('payload', 'sig'),
        async (payload, position, where) => {
          const envelope = await sign('type', payload, [key]);
          const [signature] = envelope.signatures;
          const original = where === 'payload' ? envelope.payload : (signature?.sig ?? '');
          const bytes = decodeBase64(original) ?? new Uint8Array();
          const bit = position % (bytes.length * 8);
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const flipped = encodeBase64(bytes);
          const changed =
            where === 'payload'
              ? { ...envelope, payload: flipped }
              : { ...envelope, signatures: [{ keyid: key.publicKey.keyId, sig: flipped }] };
          expect((await open(changed, [key.publicKey]))?.signers).toEqual([]);
          expect(
            (await open({ ...envelope, payloadType: 'typf' }, [key.publicKey]))?.signers,
          ).toEqual([]);
          expect((await open(envelope, [key.publicKey]))?.signers).toHaveLength(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a payload that is not canonical base64 is refused', async () => {
    const key = await generateKeyPair();
    const envelope = await sign('t', text.encode('ab'), [key]);
    for (const payload of ['YWI', 'YWJ=', ' YWI=', 'YWI=\n', '*']) {
      expect(await open({ ...envelope, payload }, [key.publicKey]), payload).toBeUndefined();
    }
  });
});

describe('keys', () => {
  test('a key pair can be exported and imported', async () => {
    const key = await generateKeyPair();
    const read = await importPrivateKey(await exportPrivateKey(key.privateKey));
    expect(read?.publicKey).toMatchObject({ keyId: key.publicKey.keyId, text: key.publicKey.text });
    expect((await importPublicKey(key.publicKey.text))?.keyId).toBe(key.publicKey.keyId);
  });

  test.each([
    ['nothing', ''],
    ['other text', 'hello'],
    ['a truncated key', 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE'],
    ['another algorithm', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq'],
  ])('%s is not a key', async (_, value) => {
    expect(await importPublicKey(value)).toBeUndefined();
    expect(await importPrivateKey(value)).toBeUndefined();
  });

  test('keys and signatures are compatible with OpenSSL', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aa-registry-test-'));
    const at = (name: string) => join(folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' });
    try {
      openssl('genpkey', '-algorithm', 'ed25519', '-out', at('key.pem'));
      const pem = openssl('pkey', '-in', at('key.pem'));
      const key = await importPrivateKey(pem);
      const published = openssl('pkey', '-in', at('key.pem'), '-pubout', '-out', at('pub.pem'));
      expect(published).toBe('');
      if (!key) throw new Error('the key OpenSSL made is not read');

      const payload = text.encode('{"hello":"world"}');
      const envelope = await sign('application/vnd.in-toto+json', payload, [key]);
      const sig = decodeBase64(envelope.signatures[0]?.sig ?? '') ?? new Uint8Array();
      writeFileSync(at('message'), preAuthenticationEncoding(envelope.payloadType, payload));
      writeFileSync(at('sig'), sig);
      const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', at('pub.pem'), '-rawin'];
      expect(openssl(...verify, '-in', at('message'), '-sigfile', at('sig'))).toContain(
        'Signature Verified Successfully',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('each value has one base64 encoding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(encodeBase64(bytes))).toEqual(new Uint8Array(bytes));
    }),
  );
  for (const sloppy of ['QQ', 'QR==', 'Q Q==', 'QQ==\n', 'QQ=', '-_-_', 'Q===']) {
    expect(decodeBase64(sloppy), sloppy).toBeUndefined();
  }
});
