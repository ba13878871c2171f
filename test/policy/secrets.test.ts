import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lint, render, secretsIn } from '../../policy/index.ts';
import { exportPrivateKey, generateKeyPair } from '../../trust/index.ts';
import { generateNoteKey } from '../../trust/log/index.ts';
import { generateToken } from '../../worker/auth/token.ts';
import { cpuTime } from './cpu.ts';

// Assembled at run time, so that this file contains none.
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
    ['a symmetric JWK', `{"kty":"oct","k":"${x(43)}"}`],
    ['of WireGuard', `PrivateKey = ${x(43)}=`],
    ['of DNSSEC', `Private${'Key'}: ${x(43)}=`],
    ['of OpenVPN', pem('OpenVPN Static key V1')],
    ['of .NET', `<RSAKeyValue><D>${x(88)}</D></RSAKeyValue>`],
    ['of Bitbucket', `ATBB${x(32)}`],
    ['of Shopify', `shpat_${x(32, 'ab1')}`],
    ['of Grafana', `glsa_${x(32)}_${x(8, 'ab1')}`],
    ['of New Relic', `NRAK-${x(27, 'AB3')}`],
    ['of Sentry', `sntrys_${x(60)}`],
    ['of Pulumi', `pul-${x(40, 'ab1')}`],
    ['of Netlify', `nfp_${x(40)}`],
    ['of Figma', `figd_${x(40)}`],
    ['of Fly', `FlyV1 fm2_${x(100)}`],
    ['of Terraform', `${x(14)}.atlasv1.${x(64)}`],
    ['of PlanetScale', `pscale_pw_${x(43)}`],
    ['of Supabase', `sbp_${x(40, 'ab1')}`],
    ['of Heroku', `HRKU-${x(60)}`],
    ['of Telegram', `${x(9, '123')}:AA${x(33)}`],
    ['PKCS#12', `MIIJ${'zw'}IBAzCC${'CYU'}GCSqGSIb3DQEHAaCC${x(40)}`],
    ['PKCS#12, signed', `MIIJ${'zw'}IBAzCC${'CYU'}GCSqGSIb3DQEHAqCC${x(40)}`],
    ['PKCS#12 in BER', `MIAC${'AQMw'}gAYJKoZIhvcNAQcB${x(40)}`],
    ['of Ansible Vault', `$ANSIBLE_${'VAULT'};1.1;AES256`],
    ['of Nix', `cache.example.org-1:${x(86)}==`],
    ['of an onion service', `== ed25519v1-${'secret'}: type0 ==`],
    ['of an onion service, by its address', `ED25519-V3:${x(86)}==`],
    ['of Discord', `M${x(23)}.${x(6)}.${x(30)}`],
    ['of Discord, webhook', `https://discord.com/api/webhooks/${x(18, '123')}/${x(68)}`],
    ['of NuGet', `oy2${x(43, 'ab1')}`],
    ['of Mailgun', `key-${x(32, 'ab1')}`],
    ['of Dynatrace', `dt0c01.${x(24, 'AB3')}.${x(64, 'AB3')}`],
    ['of Twilio', `SK${x(32, 'ab1')}`],
    ['of Brevo', `xkeysib-${x(64, 'ab1')}-${x(16)}`],
    ['of Postman', `PMAK-${x(24, 'ab1')}-${x(34, 'ab1')}`],
    ['of OpenShift', `sha256~${x(43)}`],
    ['of Groq', `gsk_${x(52)}`],
    ['of Alibaba', `LTAI${x(20)}`],
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
  ])('%s is reported with its line and not shown', (_, text) => {
    for (const around of [`# ${text}\n`, `"${text}"\n`, `x=${text};\n`]) {
      expect(secretsIn(around)).toHaveLength(1);
      const source = `abi <abi/3.0>,\n# first\n# ${around}profile p {\n}\n`;
      const found = lint(source).diagnostics.filter(({ id }) => id === 'secret');
      expect(found).toMatchObject([{ severity: 'error', span: { start: { line: 3 } } }]);
      expect(found.map((one) => render(one, source)).join()).not.toContain(text);
    }
  });

  test('those that this program generates are detected', async () => {
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

  const der = (pair: { privateKey: KeyObject }, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
    pair.privateKey.export({ type, format: 'der' } as never).toString('base64');
  const written = (pair: { privateKey: KeyObject }) =>
    String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const ed25519 = generateKeyPairSync('ed25519');
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  // The prefix of a private key of OpenSSH (PROTOCOL.key).
  const openssh = Buffer.from(`openssh-key-v${1}\0\0\0\0\u0004none\0\0\0\u0004none${x(99)}`);
  const keys: Record<string, string> = {
    PEM: written(ed25519),
    'PEM in base64': Buffer.from(written(ed25519)).toString('base64'),
    'RSA PEM in base64': Buffer.from(`x\n${written(rsa)}`).toString('base64'),
    Ed25519: der(ed25519),
    'Ed25519 with its public key': `MFECAQE${der(ed25519).slice(7)}${x(44)}`,
    X25519: der(generateKeyPairSync('x25519')),
    Ed448: der(generateKeyPairSync('ed448')),
    'Ed25519 in hexadecimal': Buffer.from(der(ed25519), 'base64').toString('hex'),
    'P-256': der(p256),
    'P-256, SEC 1': der(p256, 'sec1'),
    'P-384, SEC 1': der(generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sec1'),
    'P-521': der(generateKeyPairSync('ec', { namedCurve: 'P-521' })),
    RSA: der(rsa),
    'RSA, PKCS#1': der(rsa, 'pkcs1'),
    OpenSSH: openssh.toString('base64'),
  };
  const lines = (text: string, length: number) =>
    text.split('\n').flatMap((one) => one.match(new RegExp(`.{1,${length}}`, 'g')) ?? []);
  const foldings: Record<string, (key: string) => string> = {
    'as it is': (key) => key,
    'on one line': (key) => key.replaceAll('\n', ' '),
    'with no line ends': (key) => key.replaceAll('\n', ''),
    'with \\n': (key) => key.replaceAll('\n', '\\n'),
    'with \\\\r\\\\n': (key) => key.replaceAll('\n', '\\\\r\\\\n'),
    'with CRLF': (key) => key.replaceAll('\n', '\r\n'),
    'in lines of 17': (key) => lines(key, 17).join('\n'),
    'in YAML': (key) => `key: |\n${lines(key, 20).map((one) => `      ${one}\n`)}`,
    'in comments': (key) => lines(key, 12).join('\n  # '),
    'in strings': (key) => `[${lines(key, 30).map((one) => JSON.stringify(one))}]`,
  };
  describe.each(Object.entries(keys))('%s', (_, key) => {
    test.each(Object.entries(foldings))('%s', (_folding, fold) => {
      const text = `first\n${fold(key)}\n`;
      const [found] = secretsIn(text);
      expect(found?.start).toBeGreaterThanOrEqual(6);
      expect(found?.end).toBeLessThan(text.length);
    });
  });

  const spelt: Record<string, (text: string) => string> = {
    'escaped as in URLs': (text) => text.replace(/[-_]/g, (one) => (one === '_' ? '%5F' : '%2D')),
    'escaped so twice': (text) =>
      text.replace(/[-_ ]/g, (one) => `%25${one.charCodeAt(0).toString(16)}`),
    'each character escaped': (text) =>
      [...text].map((one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
    'in decimal entities': (text) => text.replace(/[-_]/g, (one) => `&#${one.charCodeAt(0)};`),
    'in hexadecimal entities': (text) =>
      text.replace(/[-_a]/g, (one) => `&#x00${one.charCodeAt(0).toString(16)};`),
    'in named entities': (text) => text.replaceAll('_', '&lowbar;').replaceAll('-', '&hyphen;'),
    'with escapes of JSON': (text) =>
      text.replace(/[-_]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
    'with zero-width characters': (text) => [...text].join('\u200b'),
    'with soft hyphens and joiners': (text) => text.replace(/(...)/g, '$1\u00ad\u2060\u200d'),
    'with an order of text': (text) => `\u202a${text.slice(0, 9)}\u202c${text.slice(9)}`,
    'with dashes': (text) => text.replaceAll('-', '\u2010'),
    'with wide characters': (text) =>
      text.replace(/[-_A-Z]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
    'escaped as in Markdown': (text) => text.replace(/[-_]/g, '\\$&'),
  };
  test.each(Object.keys(spelt))('other spellings are detected: %s', (how) => {
    for (const secret of [pem('PRIVATE KEY'), `ghp_${x(36)}`, generateToken(), `glpat-${x(20)}`]) {
      const written = spelt[how]?.(secret) ?? '';
      const text = `first\n# ${written} #\n`;
      const [found] = secretsIn(text);
      expect(found, text).toBeDefined();
      expect(found?.start).toBeGreaterThanOrEqual(6);
      expect(found?.end).toBeLessThanOrEqual(text.length);
    }
  });

  test('PEM in base64 is detected at any offset, in one line or many, encoded once or repeatedly', () => {
    const base64 = (text: string, encoding: 'utf8' | 'utf16le' = 'utf8') =>
      Buffer.from(text, encoding).toString('base64');
    const headings = ['---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----', pem('PGP PRIVATE KEY BLOCK')];
    for (const text of [...headings, keys.PEM ?? '']) {
      for (const before of ['', 'a', 'ab', 'abc', 'key: ']) {
        const once = base64(before + text);
        const twice = base64(once);
        const urlSafe = Buffer.from(before + text).toString('base64url');
        for (const one of [once, twice, base64(twice), urlSafe, base64(before + text, 'utf16le')]) {
          for (const fold of [...Object.values(foldings), (run: string) => `x${run}`]) {
            expect(secretsIn(`first\n${fold(one)}\n`), fold(one)).not.toEqual([]);
          }
        }
      }
    }
    const { publicKey } = ed25519;
    const harmless = base64(String(publicKey.export({ type: 'spki', format: 'pem' })));
    expect(secretsIn(harmless)).toEqual([]);
  });

  test('the number of steps is linear in the length of the text', () => {
    const parts = [
      'A',
      '%2D',
      '&#45;',
      '\u200b',
      'LS0t',
      '-',
      '\\u002d',
      '- ',
      'QUFB',
      '%25',
      '&#0000',
    ];
    for (const part of parts) {
      const cost = (size: number) => {
        const text = part.repeat(size / part.length);
        return Math.min(...[1, 2, 3].map(() => cpuTime(() => void secretsIn(text))));
      };
      // Twice the text, with a margin for noise; quadratic cost would be four times.
      const [half, whole] = [cost(128 * 1024), cost(256 * 1024)];
      expect(whole, part).toBeLessThan(3 * Math.max(half, 20));
    }
  });

  test.each([
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n',
    'example.org/log+1a2b3c4d+AaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789',
    `sha256:${x(64, 'ab1')}`,
    'deny @{HOME}/.ssh/id_* rw, # private keys',
    '/usr/share/glib-2.0/schemas/** r,',
    'aar_, ghp_ and npm_ begin tokens; AKIA begins a key id of AWS.',
    'AA_TOKEN=aar_… aa-registry publish',
  ])('%j is not reported', (text) => expect(secretsIn(text)).toEqual([]));

  test('public keys are not reported in any format', () => {
    const publicKeys = [ed25519, p256, rsa].map(({ publicKey }) => publicKey);
    for (const key of publicKeys) {
      const text = key.export({ type: 'spki', format: 'der' }).toString('base64');
      for (const fold of Object.values(foldings)) expect(secretsIn(fold(text))).toEqual([]);
      expect(secretsIn(String(key.export({ type: 'spki', format: 'pem' })))).toEqual([]);
    }
  });

  test('every text is searched, and the first of many secrets are reported', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => secretsIn(text).length === 0));
    expect(secretsIn(`${pem('PRIVATE KEY')}\n`.repeat(1000)).length).toBe(20);
  });
});
