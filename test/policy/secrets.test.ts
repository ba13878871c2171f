import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lint, render, secretsIn } from '../../policy/index.ts';
import { exportPrivateKey, generateKeyPair } from '../../trust/index.ts';
import { generateNoteKey } from '../../trust/log/index.ts';
import { generateToken } from '../../worker/auth/token.ts';

// Put together here, so that nothing in this file looks like one.
const x = (length: number, of = 'aB3') => of.repeat(length).slice(0, length);
const jwt = ['eyJ', 'eyJ', ''].map((start) => start + x(40)).join('.');
const pem = (words: string) => `-----BEGIN ${words}-----`;

describe('private keys and tokens', () => {
  test.each<[string, string]>([
    ...['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY'].map(
      (words): [string, string] => [words, pem(words)],
    ),
    ...['ENCRYPTED PRIVATE KEY', 'PGP PRIVATE KEY BLOCK', 'ENCRYPTED SIGSTORE PRIVATE KEY'].map(
      (words): [string, string] => [words, pem(words)],
    ),
    ['of RFC 4716', '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----'],
    ['of PuTTY', `PuTTY-User-Key-File-${3}: ssh-ed25519`],
    ['of age', `AGE-SECRET-KEY-1${x(58, 'QPZRY')}`],
    ['of minisign', `untrusted comment: minisign encrypted ${'secret key'}`],
    ['a JWK', `{"kty":"OKP","crv":"Ed25519","d": "${x(43)}"}`],
    ['of GitHub', `ghp_${x(36)}`],
    ['of GitHub, fine-grained', `github_pat_${x(82)}`],
    ['of GitLab', `glpat-${x(20)}`],
    ['of npm', `npm_${x(36)}`],
    ['of PyPI', `pypi-${x(80)}`],
    ['of Docker', `dckr_pat_${x(27)}`],
    ['of AWS', `AKIA${x(16, 'ABC2')}`],
    ['of AWS, secret', `aws_secret_access_key = ${x(40)}`],
    ['of Google', `AIza${x(35)}`],
    ['of Slack', `xoxb-${x(24)}`],
    ['of Stripe', `sk_live_${x(24)}`],
    ['of Vault', `hvs.${x(30)}`],
    ['of DigitalOcean', `dop_v1_${x(64, 'ab1')}`],
    ['of Hugging Face', `hf_${x(34)}`],
    ['a webhook’s', `whsec_${x(32)}`],
    ['a JWT', jwt],
  ])('%s is seen, with its line, and is not shown', (_, text) => {
    for (const around of [`# ${text}\n`, `"${text}"\n`, `x=${text};\n`]) {
      expect(secretsIn(around)).toHaveLength(1);
      const source = `abi <abi/3.0>,\n# first\n# ${around}profile p {\n}\n`;
      const found = lint(source).diagnostics.filter(({ id }) => id === 'secret');
      expect(found).toMatchObject([{ severity: 'error', span: { start: { line: 3 } } }]);
      expect(found.map((one) => render(one, source)).join()).not.toContain(text);
    }
  });

  test('those that this program makes are seen', async () => {
    const texts = [
      await exportPrivateKey((await generateKeyPair()).privateKey),
      (await generateNoteKey('example.org/log')).signer,
      generateToken(),
      generateKeyPairSync('ed25519')
        .privateKey.export({ type: 'pkcs8', format: 'der' })
        .toString('base64'),
      JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })),
    ];
    for (const text of texts) expect(secretsIn(`a\n${text}\n`), text.slice(0, 20)).not.toEqual([]);
  });

  test.each([
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n',
    'example.org/log+1a2b3c4d+AaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789',
    `sha256:${x(64, 'ab1')}`,
    'deny @{HOME}/.ssh/id_* rw, # private keys',
    '/usr/share/glib-2.0/schemas/** r,',
    'aar_, ghp_ and npm_ begin tokens; AKIA begins a key id of AWS.',
    'AA_TOKEN=aar_… aa-registry publish',
  ])('%j is none', (text) => expect(secretsIn(text)).toEqual([]));

  test('any text is looked through, and of many the first are told', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => secretsIn(text).length === 0));
    expect(secretsIn(`${pem('PRIVATE KEY')}\n`.repeat(1000)).length).toBe(20);
  });
});
