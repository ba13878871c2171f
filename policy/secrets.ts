// What must not be published: private keys and tokens, by how they look.

/** Something that looks like a private key or a token; offsets are UTF-16 units. */
export interface Secret {
  what: string;
  start: number;
  end: number;
}

/** A kind: texts of which it has one, which are looked for first, and how the whole looks. */
interface Kind {
  what: string;
  hints: readonly string[];
  pattern: RegExp;
  /** Whether it is looked for also where it is folded: the text is then read without {@link folds}. */
  folded?: true;
}

/**
 * What stands between the parts of a text that is broken into lines, quoted, escaped or commented out: blanks, line ends
 * and what JSON, YAML, shells and profiles have for them.
 */
const folds = /(?:[\s"'`,;#>|*]|\\[nrt]?)+/g;

/** What Markdown has before an underscore that is to be shown as one: tokens have some. */
const escapes = /\\(?=_)/g;

/** A token ends where no character that could be a part of it follows or precedes. */
const token = (body: string) => new RegExp(`(?<![A-Za-z0-9_-])(?:${body})`, 'g');

const kinds: readonly Kind[] = [
  {
    // RFC 7468, RFC 4716, OpenSSH, OpenPGP, cosign: with whatever words before it.
    what: 'a private key (PEM)',
    hints: ['PRIVATEKEY'],
    pattern: /-{3,5}BEGIN[A-Z0-9]{0,60}PRIVATEKEY/g,
    folded: true,
  },
  {
    // The same once more in base64, as Kubernetes has it in a Secret: PRIVATE KEY at each of its three places.
    what: 'a private key (PEM in base64)',
    hints: ['LS0tLUJFR0lOI', 'LS0tLS1CRUdJTi', '0tLS0tQkVHSU4g'],
    pattern:
      /(?:LS0tLUJFR0lOI|LS0tLS1CRUdJTi|0tLS0tQkVHSU4g)[A-Za-z0-9+/_-]{0,60}?(?:UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)/g,
    folded: true,
  },
  {
    // RFC 8410 and 5958 (Ed25519, X25519, Ed448, X448), RFC 5208 (RSA, DSA, elliptic curves), in DER.
    what: 'a private key (PKCS#8)',
    hints: ['wBQYDK2V', 'ANBgkqhkiG9w0BAQEFAASC', 'GByqGSM44BAE', 'GByqGSM49AgEG'],
    pattern:
      /M[A-Za-z0-9+/_-]{2}CAQ[AE]wBQYDK2V[u-x]B[A-Za-z0-9+/_-]{40}|MI[A-Za-z0-9+/_-]{4}IBADANBgkqhkiG9w0BAQEFAASC|MI[A-Za-z0-9+/_-]{4}IBADCCA[A-Za-z0-9+/_-]{2}GByqGSM44BAE|MI[A-Za-z0-9+/_-]{2}AgEAMB[AM]GByqGSM49AgEG/g,
    folded: true,
  },
  {
    what: 'a private key (PKCS#8 in hexadecimal)',
    hints: ['300506032b65', '300506032B65'],
    pattern: /30[0-9a-f]{2}02010[01]300506032b65(?:6e|6f|70|71)04[0-9a-f]{60}/gi,
    folded: true,
  },
  {
    // RFC 8017 A.1.2 and RFC 5915, in DER.
    what: 'a private key (PKCS#1 or SEC 1)',
    hints: ['IBAAK', 'CAQEEI', 'AgEBB'],
    pattern:
      /MI[A-Za-z0-9+/_-]{4}IBAAK(?:CA[A-Za-z0-9+/_-]EA|BgQ)[A-Za-z0-9+/_-]{40}|M[A-Za-z0-9+/_-]{2}CAQEEI[A-Za-z0-9+/_-]{43}oA[co]G[BC]|MI[GH][A-Za-z0-9+/_-]AgEBB[DE][A-Za-z0-9+/_-]{60}/g,
    folded: true,
  },
  {
    what: 'a private key of OpenSSH',
    hints: ['b3BlbnNzaC1rZXktdj'],
    pattern: /b3BlbnNzaC1rZXktdj/g,
    folded: true,
  },
  {
    what: 'a private key of PuTTY',
    hints: ['PuTTY-User-Key-File'],
    pattern: /PuTTY-User-Key-File-\d/g,
  },
  {
    what: 'the private key of a log or witness (signed note)',
    hints: ['PRIVATE+KEY+'],
    pattern: /PRIVATE\+KEY\+[^\s+]{1,250}\+[0-9a-fA-F]{8}\+/g,
    folded: true,
  },
  {
    what: 'a secret key of age',
    hints: ['AGE-SECRET-KEY-', 'age-secret-key-'],
    pattern: /AGE-SECRET-KEY-[0-9A-Z-]{50}/gi,
  },
  {
    what: 'a secret key of minisign or signify',
    hints: ['secret key'],
    pattern: /untrusted comment: [^\n]{0,80}secret key/g,
  },
  {
    what: 'a private key (JWK)',
    hints: ['kty'],
    pattern: /(?<![\w.-])\\{0,3}["']?d\\{0,3}["']?\s{0,9}[:=]\s{0,9}\\{0,3}["']?[A-Za-z0-9_-]{43}/g,
  },
  { what: 'a token of aa-registry', hints: ['aar_'], pattern: token('aar_[A-Za-z0-9_-]{43}') },
  {
    what: 'the secret of a webhook',
    hints: ['whsec_'],
    pattern: token('whsec_[A-Za-z0-9+/=_-]{24}'),
  },
  {
    what: 'a token of GitHub',
    hints: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    pattern: token('gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60}'),
  },
  {
    what: 'a token of GitLab',
    hints: ['gl'],
    pattern: token('gl(?:pat|dt|rt|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[A-Za-z0-9_-]{20}'),
  },
  { what: 'a token of npm', hints: ['npm_'], pattern: token('npm_[A-Za-z0-9]{36}') },
  { what: 'a token of PyPI', hints: ['pypi-'], pattern: token('pypi-[A-Za-z0-9_-]{50}') },
  {
    what: 'a token of crates.io',
    hints: ['cio'],
    pattern: token('cio[A-Za-z0-9]{32}(?![A-Za-z0-9])'),
  },
  { what: 'a token of RubyGems', hints: ['rubygems_'], pattern: token('rubygems_[0-9a-f]{48}') },
  {
    what: 'a token of Docker',
    hints: ['dckr_'],
    pattern: token('dckr_[a-z]{3}_[A-Za-z0-9_-]{20}'),
  },
  {
    what: 'an access key of AWS',
    hints: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: token('(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])'),
  },
  {
    what: 'a secret key of AWS',
    hints: ['ecret'],
    pattern: /secret_?access_?key["']?\s{0,9}[=:]\s{0,9}["']?[A-Za-z0-9/+]{40}/gi,
  },
  {
    what: 'a key of Google',
    hints: ['AIza', 'GOCSPX-'],
    pattern: token('AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}'),
  },
  { what: 'a token of Google', hints: ['ya29.'], pattern: token('ya29\\.[A-Za-z0-9_-]{30}') },
  {
    what: 'a key of Azure',
    hints: ['AccountKey', 'SharedAccessKey'],
    pattern: /(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40}/g,
  },
  {
    what: 'a token of Slack',
    hints: ['xox', 'xapp-', 'hooks.slack.com'],
    pattern:
      /(?<![A-Za-z0-9_-])(?:xox[a-z]-[A-Za-z0-9-]{20}|xapp-[A-Za-z0-9-]{20})|hooks\.slack\.com\/services\/T[A-Za-z0-9_]{5}/g,
  },
  { what: 'a key of Stripe', hints: ['_live_'], pattern: token('[srp]k_live_[A-Za-z0-9]{20}') },
  {
    what: 'a token of a cloud service',
    hints: [
      'do',
      'hv',
      'hf_',
      'sk-',
      'tskey-',
      'fo1_',
      'dapi',
      'lin_api_',
      'SG.',
      'CFPAT-',
      'dp.pt.',
      'ATATT3',
    ],
    pattern: token(
      [
        ...['do[opr]_v1_[a-f0-9]{64}', 'hv[sbr]\\.[A-Za-z0-9_-]{24}', 'hf_[A-Za-z0-9]{34}'],
        ...['sk-(?:ant-|proj-|svcacct-|or-)[A-Za-z0-9_-]{20}', 'sk-[A-Za-z0-9]{48}'],
        ...['tskey-[a-z]{3,9}-[A-Za-z0-9-]{10}', 'fo1_[A-Za-z0-9_-]{40}', 'dapi[a-f0-9]{32}'],
        ...['lin_api_[A-Za-z0-9]{40}', 'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}'],
        ...['CFPAT-[A-Za-z0-9_-]{43}', 'dp\\.pt\\.[A-Za-z0-9]{40}', 'ATATT3[A-Za-z0-9_=-]{50}'],
      ].join('|'),
    ),
  },
  {
    what: 'a signed token (JWT)',
    hints: ['eyJ'],
    pattern: token('eyJ[A-Za-z0-9_-]{8,2000}\\.eyJ[A-Za-z0-9_-]{8,8000}\\.[A-Za-z0-9_-]{16}'),
  },
];

/** How many are reported of one text. */
const maxSecrets = 20;

/** What in a text looks like a private key or a token, in order; of very many, the first. */
export function secretsIn(text: string): Secret[] {
  const found: Secret[] = [];
  const unfolded = text.replace(folds, '');
  const unescaped = text.replace(escapes, '');
  for (const { what, hints, pattern, folded } of kinds) {
    const looked = folded ? unfolded : unescaped;
    const removed = folded ? folds : escapes;
    if (!hints.some((hint) => looked.includes(hint))) continue;
    let left = maxSecrets;
    for (const { index, 0: match } of looked.matchAll(pattern)) {
      const last = index + match.length - 1;
      const [start, end] = [placeOf(text, index, removed), placeOf(text, last, removed)];
      found.push({ what, start, end: end + 1 });
      if (--left === 0) break;
    }
  }
  return found.sort((a, b) => a.start - b.start).slice(0, maxSecrets);
}

/** Where in a text a character is that has this offset in it without what matches `left`. */
function placeOf(text: string, offset: number, left: RegExp): number {
  let removed = 0;
  for (const { index, 0: match } of text.matchAll(left)) {
    if (index - removed > offset) break;
    removed += match.length;
  }
  return offset + removed;
}

/** In which line, from 1, an offset is. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
