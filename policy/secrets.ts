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

/**
 * Other spellings of a character of a key or token, that readers and browsers take for it: of URLs, HTML and JSON, the
 * backslash that Markdown has before a sign, and characters that are not seen, which stand for nothing.
 */
const spellings =
  /%[0-7][0-9A-Fa-f]|&#0{0,6}\d{1,3};?|&#[xX]0{0,6}[0-9A-Fa-f]{1,2};?|&(?:lowbar|UnderBar|hyphen|dash|plus|sol|equals|period|colon|quot|apos|nbsp|Tab|NewLine|shy|ZeroWidthSpace|zwnj|zwj);|\\u00[0-7][0-9A-Fa-f]|\\x[0-7][0-9A-Fa-f]|\\(?=[_\-+.=])|(?:[^\P{Cc}\t\n\r]|[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800])+|[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]|[\uff10-\uff5e]/gu;

/** A character that every spelling has: most texts have none and need no search for them. */
const mayBeSpelt = /[%&\\]|[^\t\n\r -~]/;

const entities: Readonly<Record<string, string>> = {
  ...{ lowbar: '_', UnderBar: '_', hyphen: '-', dash: '-', plus: '+', sol: '/', equals: '=' },
  ...{ period: '.', colon: ':', quot: '"', apos: "'", nbsp: ' ', Tab: '\t', NewLine: '\n' },
};

/** The character that a spelling represents, if any. */
function characterOf(spelling: string): string {
  const code = spelling.codePointAt(0) ?? 0;
  if (code >= 0xff10 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if (/^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(spelling)) return '-';
  if (spelling.startsWith('%')) return String.fromCharCode(Number.parseInt(spelling.slice(1), 16));
  if (/^\\[ux]/.test(spelling)) return String.fromCharCode(Number.parseInt(spelling.slice(2), 16));
  const number = /^&#(?:[xX]([0-9A-Fa-f]+)|(\d+))/.exec(spelling);
  if (number)
    return String.fromCharCode(Number.parseInt(number[1] ?? number[2] ?? '', number[1] ? 16 : 10));
  return entities[spelling.slice(1, -1)] ?? '';
}

/** A text in which some was replaced, and where in it each character stood before. */
class View {
  readonly text: string;
  /** The view or text that this is made of. */
  readonly #of: View | string;
  readonly #pattern: RegExp;
  readonly #replace: string | ((match: string) => string);
  /** Where parts begin here, and there: worked out when something was found. */
  #parts: { here: number[]; there: number[] } | undefined;

  constructor(of: View | string, pattern: RegExp, replace: string | ((match: string) => string)) {
    this.#of = of;
    this.#pattern = pattern;
    this.#replace = replace;
    // A replacement string is much faster than a function for thousands of line ends.
    this.text = textOf(of).replace(pattern, replace as string);
  }

  /** Where in the text at first a character stood that is at this offset. */
  placeOf(offset: number): number {
    this.#parts ??= this.#findParts();
    const { here, there } = this.#parts;
    let [low, high] = [0, here.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((here[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    const place = offset - (here[low] as number) + (there[low] as number);
    return placeOf(this.#of, place);
  }

  #findParts() {
    const parts = { here: [0], there: [0] };
    let grown = 0;
    for (const { index, 0: match } of textOf(this.#of).matchAll(this.#pattern)) {
      const end = index + match.length;
      const replaced = typeof this.#replace === 'string' ? this.#replace : this.#replace(match);
      grown += replaced.length - match.length;
      parts.here.push(end + grown);
      parts.there.push(end);
    }
    return parts;
  }
}

function textOf(view: View | string): string {
  return typeof view === 'string' ? view : view.text;
}

function placeOf(view: View | string, offset: number): number {
  return typeof view === 'string' ? offset : view.placeOf(offset);
}

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
  {
    what: 'a private key (JWK)',
    hints: ['oct'],
    pattern:
      /["']kty\\{0,3}["']\s{0,9}:\s{0,9}\\{0,3}["']oct[^{}]{0,400}?["']k\\{0,3}["']\s{0,9}:\s{0,9}\\{0,3}["'][A-Za-z0-9_-]{16}|["']k\\{0,3}["']\s{0,9}:\s{0,9}\\{0,3}["'][A-Za-z0-9_-]{16}[^{}]{0,400}?["']kty\\{0,3}["']\s{0,9}:\s{0,9}\\{0,3}["']oct/g,
  },
  {
    // 32 bytes: of WireGuard, and of DNSSEC's keys as BIND has them.
    what: 'a private key of WireGuard or DNSSEC',
    hints: ['rivateKey', 'rivatekey', 'RIVATEKEY', 'resharedKey'],
    pattern: /(?:Private|Preshared)Key["']?\s{0,9}[=:]\s{0,9}["']?[A-Za-z0-9+/]{43}=/gi,
  },
  {
    what: 'a static key of OpenVPN',
    hints: ['BEGINOpenVPN'],
    pattern: /-{3,5}BEGINOpenVPN[A-Za-z0-9]{0,30}key/g,
    folded: true,
  },
  {
    // As .NET writes it.
    what: 'a private key (RSAKeyValue)',
    hints: ['<D>'],
    pattern: /<D>\s{0,9}[A-Za-z0-9+/=]{76}/g,
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
      'ATBB',
      'shp',
      'gls',
      'NRAK-',
      'sntrys_',
      'pul-',
      'nfp_',
      'figd_',
      'fm2_',
      '.atlasv1.',
      'pscale_',
      'sbp_',
      'HRKU-',
      ':AA',
    ],
    pattern: token(
      [
        ...['do[opr]_v1_[a-f0-9]{64}', 'hv[sbr]\\.[A-Za-z0-9_-]{24}', 'hf_[A-Za-z0-9]{34}'],
        ...['sk-(?:ant-|proj-|svcacct-|or-)[A-Za-z0-9_-]{20}', 'sk-[A-Za-z0-9]{48}'],
        ...['tskey-[a-z]{3,9}-[A-Za-z0-9-]{10}', 'fo1_[A-Za-z0-9_-]{40}', 'dapi[a-f0-9]{32}'],
        ...['lin_api_[A-Za-z0-9]{40}', 'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}'],
        ...['CFPAT-[A-Za-z0-9_-]{43}', 'dp\\.pt\\.[A-Za-z0-9]{40}', 'ATATT3[A-Za-z0-9_=-]{50}'],
        ...['ATBB[A-Za-z0-9]{32}', 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}', 'NRAK-[A-Z0-9]{27}'],
        ...['glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}', 'sntrys_[A-Za-z0-9+/=_-]{40}', 'pul-[a-f0-9]{40}'],
        ...['nfp_[A-Za-z0-9]{36}', 'figd_[A-Za-z0-9_-]{40}', 'fm2_[A-Za-z0-9+/=_-]{60}'],
        ...['[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60}', 'sbp_[a-f0-9]{40}'],
        ...['pscale_(?:tkn|pw|oauth)_[A-Za-z0-9=._-]{32}', 'HRKU-[A-Za-z0-9_-]{36}'],
        ...['[0-9]{8,10}:AA[A-Za-z0-9_-]{33}'],
      ].join('|'),
    ),
  },
  {
    // RFC 7292, in DER or with indefinite lengths (BER): version 3 and then data or signed data.
    what: 'a key store (PKCS#12)',
    hints: ['GCSqGSIb3DQEHA', 'YJKoZIhvcNAQc'],
    pattern:
      /MI(?:[A-Za-z0-9+/_-]{4}IBAzCC[A-Za-z0-9+/_-]{3}GCSqGSIb3DQEHA[aq]|ACAQMwgAYJKoZIhvcNAQc[BC])/g,
    folded: true,
  },
  {
    what: 'a file of Ansible Vault',
    hints: ['$ANSIBLE_VAULT;'],
    pattern: /\$ANSIBLE_VAULT;1\.\d/g,
  },
  {
    what: 'a signing key of Nix',
    hints: ['=='],
    pattern: token('[A-Za-z0-9.-]{1,80}-\\d{1,4}:[A-Za-z0-9+/]{86}=='),
  },
  {
    what: 'the key of an onion service',
    hints: ['ed25519v1-secret', 'ED25519-V3:'],
    pattern: /== ed25519v1-secret:|ED25519-V3:[A-Za-z0-9+/]{86}/g,
  },
  {
    what: 'a token or webhook of Discord',
    hints: ['api/webhooks/', '.'],
    pattern:
      /(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_.-])|discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60}/g,
  },
  {
    what: 'a key of NuGet, Mailgun, Dynatrace or Twilio',
    hints: ['oy2', 'key-', 'dt0', 'SK'],
    pattern: token(
      'oy2[a-z0-9]{43}(?![A-Za-z0-9])|key-[a-f0-9]{32}(?![A-Za-z0-9])|dt0[a-z]\\d{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}|SK[0-9a-f]{32}(?![A-Za-z0-9])',
    ),
  },
  {
    what: 'a token of a service',
    hints: [
      ...['xkeysib-', 'PMAK-', 'shippo_live_', 'sq0csp-', 'LTAI', 'AKCp', 'CLOJARS_', 'glc_eyJ'],
      ...['duffel_live_', 'EZAK', 'FLWSECK-', 'ico-', 'sha256~', 'pplx-', 'pnu_', 'rdme_'],
      ...['sgp_', 'ops_eyJ', 'ntn_', 'gsk_', 'r8_', 'fio-u-'],
    ],
    pattern: token(
      [
        ...['xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}', 'PMAK-[a-f0-9]{24}-[a-f0-9]{34}'],
        ...[
          'shippo_live_[a-f0-9]{40}',
          'sq0csp-[A-Za-z0-9_-]{43}',
          'LTAI[A-Za-z0-9]{20}(?![A-Za-z0-9])',
        ],
        ...['AKCp[A-Za-z0-9]{69}', 'CLOJARS_[a-z0-9]{60}', 'glc_eyJ[A-Za-z0-9+/=]{32}'],
        ...['duffel_live_[A-Za-z0-9_=-]{43}', 'EZAK[A-Za-z0-9]{54}', 'FLWSECK-[a-f0-9]{32}-X'],
        ...['ico-[A-Za-z0-9]{32}', 'sha256~[A-Za-z0-9_-]{43}', 'pplx-[A-Za-z0-9]{48}'],
        ...['pnu_[A-Za-z0-9]{36}', 'rdme_[a-z0-9]{70}', 'sgp_[A-Fa-f0-9_]{40}'],
        ...['ops_eyJ[A-Za-z0-9+/]{100}', 'ntn_[A-Za-z0-9]{46}', 'gsk_[A-Za-z0-9]{52}'],
        ...['r8_[A-Za-z0-9]{37}(?![A-Za-z0-9])', 'fio-u-[A-Za-z0-9=_-]{64}'],
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
  // Escapes of URLs are often escaped once more.
  const once = mayBeSpelt.test(text) ? new View(text, spellings, characterOf) : text;
  const plain = textOf(once) === text ? once : new View(once, spellings, characterOf);
  const unfolded = new View(plain, folds, '');
  for (const { what, hints, pattern, folded } of kinds) {
    const view = folded ? unfolded : plain;
    const searched = textOf(view);
    if (!hints.some((hint) => searched.includes(hint))) continue;
    let left = maxSecrets;
    for (const { index, 0: match } of searched.matchAll(pattern)) {
      const [start, end] = [placeOf(view, index), placeOf(view, index + match.length - 1)];
      found.push({ what, start, end: end + 1 });
      if (--left === 0) break;
    }
  }
  if (found.length === 0) found.push(...encodedIn(unfolded));
  return found.sort((a, b) => a.start - b.start).slice(0, maxSecrets);
}

/** What may be base64 of a private key: shorter ones have no room for it. */
const encoded = /[A-Za-z0-9+/_-]{40,}/g;

/** How often one base64 may be in another. */
const maxLayers = 3;

/** Private keys (PEM) in base64, wherever that begins, once or more often. */
function encodedIn(view: View): Secret[] {
  const found: Secret[] = [];
  for (const { index, 0: run } of view.text.matchAll(encoded)) {
    if (!holdsKey(run, maxLayers)) continue;
    const [start, end] = [view.placeOf(index), view.placeOf(index + run.length - 1)];
    found.push({ what: 'a private key (PEM in base64)', start, end: end + 1 });
    if (found.length === maxSecrets) break;
  }
  return found;
}

function holdsKey(run: string, layers: number): boolean {
  const standard = run.replaceAll('-', '+').replaceAll('_', '/');
  for (let from = 0; from < 4; from++) {
    const decoded = atob(standard.slice(from, standard.length - ((standard.length - from) % 4)));
    // Also in UTF-16, of which each second byte is 0.
    const letters = decoded.replace(/[^A-Za-z0-9+/_-]+/g, '');
    if (/BEGIN[A-Z0-9]{0,60}PRIVATEKEY/.test(letters)) return true;
    // What is no base64 decodes to bytes of which few are letters.
    if (layers === 1 || letters.length < decoded.length * 0.9) continue;
    for (const [inner] of letters.matchAll(encoded)) if (holdsKey(inner, layers - 1)) return true;
  }
  return false;
}

/** In which line, from 1, an offset is. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
