import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, type IncludeResolver, lint, model } from '../../policy/index.ts';
import { adviseOn } from '../../sdk/denials/advice.ts';
import { draftProfile } from '../../sdk/denials/draft.ts';
import { parseEvent } from '../../sdk/denials/event.ts';
import { type Finding, Findings } from '../../sdk/denials/finding.ts';
import { generaliser } from '../../sdk/denials/generalise.ts';
import { isOf } from '../../sdk/denials/label.ts';
import { patch, wantedBy } from '../../sdk/denials/patch.ts';

/** The grouped events of lines, each without the common fields. */
function findingsOf(...lines: string[]): Finding[] {
  const findings = new Findings();
  for (const [index, line] of lines.entries()) {
    const type = /apparmor=/.test(line) ? '' : 'apparmor="DENIED" ';
    const event = parseEvent(`audit: type=1400 audit(1795500000.000:${index}): ${type}${line}`);
    if (event) findings.add(event);
  }
  return findings.all();
}

const opened = (name: string, mask = 'r', more = '') =>
  `operation="open" profile="app" name="${name}" requested_mask="${mask}" denied_mask="${mask}" fsuid=0 ouid=0${more}`;

function advised(line: string, rules = '', flags = '') {
  const [finding] = findingsOf(line);
  if (!finding) throw new Error('no finding');
  const [profile] = model(`profile app${flags} {\n${rules}}\n`, { presume: true }).profiles;
  return adviseOn(finding, profile);
}
const notesOf = (line: string, rules = '', flags = '') =>
  advised(line, rules, flags).explanations.map(({ id }) => id);

describe('advice', () => {
  test('is the narrowest rule, with what it permits', () => {
    expect(advised(opened('/a', 'wc')).suggestion).toEqual({
      rule: 'owner /a w,',
      permits: [
        "The profile's processes may write, create, rename, delete, chmod and chown /a where they own it.",
      ],
    });
  });

  test('is empty while a deny rule applies', () => {
    const { evaluation, suggestion } = advised(opened('/a'), '/a r,\naudit deny /* r,\n');
    expect(evaluation).toMatchObject({ outcome: 'denied', rules: [{ line: 3 }] });
    expect(suggestion).toBeUndefined();
  });

  test('is empty for what the profile already allows', () => {
    const { evaluation, suggestion } = advised(opened('/a'), '/* r,\n');
    expect(evaluation).toMatchObject({ outcome: 'allowed', rules: [{ text: '/* r,', line: 2 }] });
    expect(suggestion).toBeUndefined();
  });

  test('is a flag if no rule can match, until the profile has it', () => {
    const line = opened('run/x', 'r', ' info="Failed name lookup - disconnected path" error=-13');
    expect(advised(line)).toMatchObject({
      flag: 'attach_disconnected',
      suggestion: { rule: 'owner /run/x r,' },
    });
    expect(advised(line, '', ' flags=(attach_disconnected)').flag).toBeUndefined();
  });

  test.each<[string, string]>([
    [
      'operation="change_onexec" info="label not found" error=-2 profile="unconfined" name="web"',
      'profile-not-loaded',
    ],
    [
      'operation="exec" info="profile transition not found" error=-13 profile="app" name="/x" requested_mask="x" denied_mask="x"',
      'transition-not-found',
    ],
    [
      'operation="change_profile" info="no new privs" error=-1 profile="app" name="other"',
      'no-new-privileges',
    ],
    ['operation="change_hat" profile="app" info="hat not found"', 'no-such-hat'],
  ])('is not a rule if the reason is another: %s', (line, id) => {
    const { suggestion, explanations } = advised(line);
    expect(suggestion).toBeUndefined();
    expect(explanations.map((one) => one.id)).toContain(id);
  });

  test('with no_new_privs, a program can still run in the same profile', () => {
    const line =
      'operation="exec" info="no new privs" error=-1 profile="app" name="/x" requested_mask="x" denied_mask="x" fsuid=1000 ouid=0';
    expect(advised(line).suggestion?.rule).toBe('/x ix,');
    expect(advised(line, '/x px,\n').suggestion).toBeUndefined();
  });

  test('explains cryptic names', () => {
    const ptrace = 'operation="ptrace" profile="docker-default" comm="docker" denied_mask="trace"';
    expect(notesOf(ptrace)).toEqual(['ptrace-without-peer']);
    expect(notesOf(`${ptrace} peer="docker-default"`)).toEqual([]);
    expect(
      notesOf('operation="signal" profile="app" denied_mask="receive" signal=term peer="runc"'),
    ).toEqual(['signal-from-runtime', 'both-ends']);
    expect(
      notesOf('operation="capable" profile="app" capability=1  capname="dac_override"'),
    ).toEqual(['file-owner-capability']);
    expect(
      notesOf(
        'apparmor="KILLED" operation="open" profile="app" name="/a" denied_mask="r" fsuid=0 ouid=0',
      ),
    ).toEqual(['killed']);
    expect(
      notesOf(
        'apparmor="ALLOWED" operation="open" profile="app//null-/usr/bin/x" name="/a" denied_mask="r" fsuid=0 ouid=0',
      ),
    ).toEqual(['null-profile']);
    expect(notesOf(opened('/a'))).toEqual([]);
  });

  test.each([
    ['rlimit=nofile value=4096', 'set rlimit nofile <= 1K,', 'set rlimit nofile <= 4096,'],
    // apparmor_parser adds 20 to the value of nice.
    ['rlimit=nice value=25', 'set rlimit nice <= 0,', 'set rlimit nice <= 5,'],
    ['rlimit=cpu value=60', 'set rlimit cpu <= 10s,', 'set rlimit cpu <= 60,'],
  ])('is a higher limit for %s', (fields, rule, suggestion) => {
    const line = `operation="setrlimit" profile="app" ${fields}`;
    expect(advised(line, `${rule}\n`).suggestion?.rule).toBe(suggestion);
    expect(check(`profile app {\n${suggestion}\n}\n`).ok).toBe(true);
  });

  test('is empty for events that were only logged', () => {
    const audit = advised(
      opened('/a').replace('operation', 'apparmor="AUDIT" operation'),
      'audit /a r,\n',
    );
    expect(audit.suggestion).toBeUndefined();
    expect(audit.evaluation).toMatchObject({ outcome: 'allowed', rules: [{ audit: true }] });
  });
});

describe('descriptions', () => {
  test.each<[string, string]>([
    [
      'operation="mount" profile="app" name="/m/" fstype="tmpfs" srcname="tmpfs"',
      "The profile's processes may mount tmpfs from tmpfs at /m/ with exactly these options: rw.",
    ],
    [
      'operation="open" class="sysv_mqueue" profile="app" requested="getattr" denied="getattr" name="7"',
      "The profile's processes may read the attributes of the message queue 7.",
    ],
    [
      'operation="getsockopt" class="net" profile="app" family="unix" sock_type="stream" denied_mask="getattr getopt" addr=none',
      "The profile's processes may read attributes and read options on unix sockets of type stream.",
    ],
  ])('what a rule permits: %s', (line, permits) => {
    expect(advised(line).suggestion?.permits).toEqual([permits]);
  });

  test.each<[string, string]>([
    [
      'app//&web',
      '2 stacked profiles apply, and each must allow it: app and web. The rule belongs to app and to web.',
    ],
    [
      'app//worker//&:ns1:web',
      '2 stacked profiles apply, and each must allow it: app//worker and :ns1:web. The rule belongs to app//worker. The rules of :ns1:web are loaded inside a namespace, not on this host: unless they allow it, they need the rule as well.',
    ],
    [
      'app//&:ns1:unconfined',
      '2 stacked profiles apply, and each must allow it: app and :ns1:unconfined. :ns1:unconfined allows everything. The rule belongs to app.',
    ],
  ])('of the stack %s', (label, text) => {
    const { explanations } = advised(opened('/a').replace('"app"', `"${label}"`));
    expect(explanations).toContainEqual({ id: 'stacked-profiles', text });
  });
});

describe('generalised', () => {
  const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  test.each<[string, string, string]>([
    ['/proc/123/stat', '@{PROC}/@{pid}/stat', '@{PROC}/@{pid}/stat'],
    ['/proc/123/', '@{PROC}/@{pid}/', '@{PROC}/@{pid}/'],
    ['/proc/meminfo', '@{PROC}/meminfo', '@{PROC}/meminfo'],
    ['/proc/12/task/34/comm', '@{PROC}/@{pid}/task/@{tid}/comm', '@{PROC}/@{pid}/task/@{tid}/comm'],
    ['/home/ann/.config/x', '@{HOME}/.config/x', '/home/*/.config/x'],
    ['/home/ann', '/home/ann', '/home/ann'],
    [
      `/var/lib/docker/overlay2/${hash}/merged/a`,
      '/var/lib/docker/overlay2/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*/merged/a',
      '/var/lib/docker/overlay2/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*/merged/a',
    ],
    [
      '/var/lib/docker/overlay2/l/ABCDEFGHIJ234567KLMNOPQRST/a',
      '/var/lib/docker/overlay2/l/*/a',
      '/var/lib/docker/overlay2/l/*/a',
    ],
    ['/run/user/1000/bus', '/run/user/[0-9]*/bus', '/run/user/[0-9]*/bus'],
    [
      '/usr/lib/x86_64-linux-gnu/python3/a',
      '/usr/lib/x86_64-linux-gnu/python3/a',
      '/usr/lib/x86_64-linux-gnu/python3/a',
    ],
    ['/tmp/job12345/out', '/tmp/job[0-9]*/out', '/tmp/job[0-9]*/out'],
    ['/srv/[a]*1', '/srv/\\[a\\]\\*[0-9]*', '/srv/\\[a\\]\\*[0-9]*'],
  ])('%s', (path, withTunables, without) => {
    expect(generaliser(() => true).pattern(path)).toBe(withTunables);
    expect(generaliser(() => false).pattern(path)).toBe(without);
  });

  const uuid = (digit: string) => [8, 4, 4, 4, 12].map((count) => digit.repeat(count)).join('-');
  test.each<[string, string]>([
    ['/tmp/upload-83aef1', '/tmp/upload-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*'],
    [
      '/tmp/upload-83AEF1.part',
      '/tmp/upload-[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]*.part',
    ],
    ['/var/cache/3f2a9c/x', '/var/cache/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*/x'],
    ['/tmp/tmp.Ab3dE9xZ1q', '/tmp/tmp.*'],
    ['/tmp/tmp.aBcDeFgHiJ', '/tmp/tmp.*'],
    ['/tmp/tmpk3j2h1_x/a', '/tmp/tmp*/a'],
    ['/dev/shm/.com.google.Chrome.x7Yz3Q', '/dev/shm/.com.google.Chrome.*'],
    ['/tmp/session_1234.sock', '/tmp/session_[0-9]*.sock'],
    ['/tmp/0a1b2c3d-1234-1234-1234-123456789abc/x', `/tmp/${uuid('[0-9a-f]')}/x`],
    ['/tmp/0A1B2C3D-1234-1234-1234-123456789ABC/x', `/tmp/${uuid('[0-9A-F]')}/x`],
    ['/tmp/0A1b2C3D-1234-1234-1234-123456789ABC/x', `/tmp/${uuid('[0-9a-fA-F]')}/x`],
    [
      `/tmp/systemd-private-${hash.slice(32)}-ModemManager.service-aB3dEf/x`,
      '/tmp/systemd-private-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*-ModemManager.service-*/x',
    ],
    // Names and similar words.
    ...[
      ...['/tmp/phpAb12Cd', '/tmp/a1b2', '/tmp/deadbeef', '/tmp/sha256sum.txt'],
      ...['/srv/a/id_ed25519', '/srv/a/id_ed25519.pub', '/etc/ssl/sha256', '/usr/lib/aes256/a'],
      ...['/tmp/mux.ModemManager', '/srv/x264enc', '/usr/lib/x86_64-linux-gnu/a', '/tmp/9lives'],
      ...['/usr/share/icons/64x64/a', '/etc/ssl/1a.0b'],
      // Versions, addresses and devices.
      ...['/opt/v1.2.3/x', '/opt/app-10.2/x', '/usr/lib/python3.11/a', '/usr/lib/libx.so.6.0.32'],
      ...['/lib/modules/6.1.0-18-amd64/a', '/srv/127.0.0.1:8080/a', '/sys/bus/usb/1-1.2:1.0/a'],
      ...['/sys/devices/pci0000:00/0000:00:1f.2/class', '/srv/00:16:3e:12:34:56/a'],
    ].map((name): [string, string] => [name, name]),
  ])('%s: a component as a whole or not at all', (path, pattern) => {
    expect(generaliser(() => true).pattern(path)).toBe(pattern);
  });

  test('never generalizes a part of a word', () => {
    const word = fc.stringMatching(/^[0-9a-zA-Z]{1,14}$/);
    fc.assert(
      fc.property(word, word, (first, second) => {
        const pattern = generaliser(() => true).pattern(`/tmp/${first}-${second}`);
        // Such a component ends a word; a number may follow its name.
        expect(pattern).not.toMatch(/\][0-9A-Za-z]|\*[0-9A-Za-z]/);
        expect(pattern).not.toMatch(/[0-9]\[|[0-9A-Za-z]\[0-9a-fA-F]|[0-9A-Za-z]\*$/);
      }),
    );
  });

  test('shows what it permits beyond the denied request', () => {
    const [finding] = findingsOf(opened('/proc/123/stat'));
    const { suggestion } = adviseOn(finding as Finding, undefined, { generalise: true });
    expect(suggestion).toEqual({
      rule: 'owner @{PROC}/@{pid}/stat r,',
      permits: [
        "The profile's processes may read /proc/123/stat where they own it.",
        'Every process id is allowed in place of "123" (@{pid}).',
        'It needs "include <tunables/global>" at the top of the profile\'s file.',
      ],
    });
  });

  test('always matches the original paths', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'proc',
        'task',
        'home',
        'ann',
        'overlay2',
        'l',
        hash,
        'a*b',
        '{x,y}',
        'ABCDEFGHIJ234567KLMNOPQRST',
      ),
      fc.stringMatching(/^[a-z0-9._-]{1,8}$/),
    );
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (parts, tunables) => {
          const [finding] = findingsOf(opened(`/${parts.join('/')}`));
          const include = tunables ? 'include <tunables/global>\n' : '';
          const resolver: IncludeResolver = () => ({
            file: 'global',
            source:
              '@{PROC}=/proc/\n@{pid}={[1-9],[1-9][0-9],[1-9][0-9][0-9],[1-9]*[0-9]}\n@{HOMEDIRS}=/home/\n@{HOME}=@{HOMEDIRS}/*/ /root/\n',
          });
          const source = `${include}profile app {\n}\n`;
          const [before] = model(source, { resolver, presume: true }).profiles;
          const { suggestion } = adviseOn(finding as Finding, before, { generalise: true });
          const { text } = patch(
            source,
            [{ profile: 'app', rule: suggestion?.rule ?? '' }],
            resolver,
          );
          const [after] = model(text, { resolver, presume: true }).profiles;
          expect(adviseOn(finding as Finding, after).evaluation?.outcome).toBe('allowed');
        },
      ),
    );
  });
});

describe('a patch', () => {
  test.each<[string, string, string, string]>([
    ['a rule', 'profile app {\n  /a r,\n}\n', '/b r,', 'profile app {\n  /a r,\n  /b r,\n}\n'],
    ['in one line', 'profile app { /a r, }\n', '/b r,', 'profile app { /a r, \n  /b r,\n}\n'],
    ['in nothing', 'profile app {\n}', '/b r,', 'profile app {\n  /b r,\n}'],
    [
      'after a remark',
      'profile app {\n  # }\n} # end\n',
      '/b r,',
      'profile app {\n  # }\n\n  /b r,\n} # end\n',
    ],
    [
      'a limit in its place',
      'profile app {\n  set rlimit nofile <= 1K,\n}\n',
      'set rlimit nofile <= 2000,',
      'profile app {\n  set rlimit nofile <= 2000,\n}\n',
    ],
    [
      'a limit for a new resource',
      'profile app {\n  set rlimit core <= 0,\n}\n',
      'set rlimit nofile <= 2000,',
      'profile app {\n  set rlimit core <= 0,\n  set rlimit nofile <= 2000,\n}\n',
    ],
  ])('adds %s', (_, source, rule, text) => {
    expect(patch(source, [{ profile: 'app', rule }])).toMatchObject({ text, leftOut: [] });
  });

  const commented = `abi <abi/3.0>,

# About app.
profile app {
  # What it serves.
  /srv/** r,
  /srv/up w, # uploads
  # Talks to clients.
  network inet stream,

  capability chown,
  capability fowner,
  # The end.
}
`;
  test.each<[string, string[], (text: string) => string]>([
    [
      'behind the last of their kind',
      ['capability kill,'],
      (text) => text.replace('fowner,\n', 'fowner,\n  capability kill,\n'),
    ],
    [
      'separately from rules with a comment',
      ['/b r,', 'owner /c r,'],
      (text) => text.replace('# uploads\n', '# uploads\n\n  /b r,\n  owner /c r,\n\n'),
    ],
    [
      'apart where a blank line follows',
      ['network inet dgram,'],
      (text) => text.replace('inet stream,\n', 'inet stream,\n\n  network inet dgram,\n'),
    ],
    [
      'at the end, where they are the first of their kind',
      ['signal (send) peer=x,', 'ptrace (read) peer=x,'],
      (text) =>
        text.replace('end.\n', 'end.\n\n  signal (send) peer=x,\n\n  ptrace (read) peer=x,\n'),
    ],
    [
      'each where it belongs',
      ['/b r,', 'capability kill,'],
      (text) =>
        text
          .replace('# uploads\n', '# uploads\n\n  /b r,\n\n')
          .replace('fowner,\n', 'fowner,\n  capability kill,\n'),
    ],
    [
      'with the tunables that they need',
      ['@{PROC}/@{pid}/stat r,'],
      (text) =>
        text
          .replace('<abi/3.0>,\n', '<abi/3.0>,\ninclude <tunables/global>\n')
          .replace('# uploads\n', '# uploads\n\n  @{PROC}/@{pid}/stat r,\n\n'),
    ],
  ])('adds rules %s', (_, rules, expected) => {
    const additions = rules.map((rule) => ({ profile: 'app', rule }));
    const { text, leftOut } = patch(commented, additions);
    expect({ text, leftOut }).toEqual({ text: expected(commented), leftOut: [] });
  });

  test('includes the tunables before the comment about the profile', () => {
    const { text } = patch('# License.\n\n# About app.\nprofile app {\n}\n', [
      { profile: 'app', rule: '@{PROC}/@{pid}/stat r,' },
    ]);
    expect(text).toBe(
      '# License.\n\ninclude <tunables/global>\n\n# About app.\nprofile app {\n  @{PROC}/@{pid}/stat r,\n}\n',
    );
  });

  test('omits rules that require missing tunables', () => {
    const { text, leftOut } = patch(
      'profile app {\n}\n',
      [
        { profile: 'app', rule: '@{PROC}/@{pid}/stat r,' },
        { profile: 'app', rule: '/a r,' },
      ],
      () => undefined,
    );
    expect(text).toBe('profile app {\n  /a r,\n}\n');
    expect(leftOut).toMatchObject([{ addition: { rule: '@{PROC}/@{pid}/stat r,' } }]);
  });

  test('passes lint: omits rules that another one covers', () => {
    const { text, added } = patch('abi <abi/3.0>,\nprofile app /app {\n}\n', [
      { profile: 'app', rule: '/srv/a-[0-9]* r,' },
      { profile: 'app', rule: '/srv/a-[0-9]* rw,' },
      { profile: 'app', rule: '/srv/b r,' },
    ]);
    expect(added.map(({ rule }) => rule)).toEqual(['/srv/a-[0-9]* rw,', '/srv/b r,']);
    expect(lint(text).diagnostics).toEqual([]);
  });

  test('adds to hats and child profiles with their indentation', () => {
    const source = 'profile app {\n  profile child {\n    /a r,\n  }\n}\n';
    expect(patch(source, [{ profile: 'app//child', rule: '/b r,' }]).text).toBe(
      'profile app {\n  profile child {\n    /a r,\n    /b r,\n  }\n}\n',
    );
  });

  test.each<[string, string]>([
    ['profile app {\n}\n', 'profile app flags=(attach_disconnected) {\n}\n'],
    [
      'profile app /usr/bin/app flags=(complain) {\n}\n',
      'profile app /usr/bin/app flags=(complain, attach_disconnected) {\n}\n',
    ],
    [
      'profile app flags=(attach_disconnected) {\n}\n',
      'profile app flags=(attach_disconnected) {\n}\n',
    ],
  ])('adds a flag to %j', (source, text) => {
    expect(patch(source, [{ profile: 'app', flag: 'attach_disconnected' }]).text).toBe(text);
  });

  test('omits rules that would make the file invalid, with the reason', () => {
    const source = 'profile app {\n  /x px,\n}\n';
    const { text, leftOut } = patch(source, [
      { profile: 'app', rule: '/x ix,' },
      { profile: 'other', rule: '/y r,' },
      { profile: 'app', rule: '/z r,' },
    ]);
    expect(text).toBe('profile app {\n  /x px,\n  /z r,\n}\n');
    expect(leftOut).toMatchObject([
      { addition: { rule: '/x ix,' }, reason: expect.stringMatching(/ix/) },
      { addition: { profile: 'other' }, reason: 'the file does not define other' },
    ]);
  });

  test('removes no line', () => {
    const rule = fc.constantFrom(
      'deny /a r,',
      '/a r,',
      'audit deny /** w,',
      '# deny /b r,',
      '',
      'owner {',
      '}',
    );
    const added = fc.constantFrom('/a r,', 'capability chown,', 'owner "/x y" rw,', '/a ix,');
    fc.assert(
      fc.property(fc.array(rule), fc.array(added), (rules, additions) => {
        const source = `profile app {\n${rules.map((one) => `  ${one}\n`).join('')}}\n`;
        const { text } = patch(
          source,
          additions.map((one) => ({ profile: 'app', rule: one })),
        );
        const left = text.split('\n')[Symbol.iterator]();
        for (const line of source.split('\n')) {
          let next = left.next();
          while (!next.done && next.value !== line) next = left.next();
          expect(next.done).toBe(false);
        }
      }),
    );
  });
});

describe('a draft', () => {
  const allowed = (line: string) => `apparmor="ALLOWED" ${line}`;
  const lines = [
    allowed(opened('/srv/b')),
    allowed(opened('/srv/a', 'wc')),
    allowed(opened('/srv/a', 'r')),
    allowed('operation="capable" profile="app" capability=0  capname="chown"'),
    allowed(
      'operation="create" profile="app" family="inet" sock_type="stream" protocol=6 denied_mask="create"',
    ),
    allowed(
      'operation="exec" profile="app" name="/bin/x" denied_mask="x" fsuid=0 ouid=1 target="app//null-/bin/x"',
    ),
    allowed(
      'operation="file_mmap" profile="app//null-/bin/x" name="/bin/x" denied_mask="rm" fsuid=0 ouid=1',
    ),
    allowed('operation="change_hat" profile="app" info="hat not found"'),
  ];

  test('allows the logged requests, sorted and in canonical form, and lists the rest separately', () => {
    const { text, unsaid } = draftProfile('app', findingsOf(...lines));
    expect(text).toBe(`abi <abi/3.0>,

include <tunables/global>

profile app flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  capability chown,

  network inet stream,

  /bin/x mrix,
  owner /srv/a rw,
  owner /srv/b r,
}
`);
    expect(unsaid).toMatchObject([{ operation: 'change_hat' }]);
    expect(lint(text, { packageName: 'app' }).errors).toBe(0);
  });

  test('has child profiles with their own rules only', () => {
    const child = (line: string, profile = 'app//worker') =>
      allowed(line.replace('"app"', `"${profile}"`));
    const { text, unsaid, children } = draftProfile(
      'app',
      findingsOf(
        allowed(opened('/srv/a')),
        child(opened('/srv/w')),
        child(opened('/srv/n'), 'app//worker//null-/bin/x'),
        child(opened('/srv/h'), 'app//in ner'),
        child(opened('/srv/both'), 'app//&app//worker'),
        allowed(
          'operation="signal" profile="app" denied_mask="send" signal=term peer="app//worker"',
        ),
      ),
    );
    expect(text).toBe(`abi <abi/3.0>,

include <tunables/global>

profile app flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  signal (send) set=(term) peer=app//worker,

  owner /srv/a r,
  owner /srv/both r,

  profile worker flags=(attach_disconnected, mediate_deleted) {
    include <abstractions/base>

    owner /srv/both r,
    owner /srv/n r,
    owner /srv/w r,
  }

  profile "in ner" flags=(attach_disconnected, mediate_deleted) {
    include <abstractions/base>

    owner /srv/h r,
  }
}
`);
    expect({ unsaid, children }).toEqual({
      unsaid: [],
      children: ['app//worker', 'app//in ner'],
    });
    expect(model(text, { presume: true }).profiles.map(({ name }) => name)).toEqual([
      'app',
      ...children,
    ]);
  });

  test('has a limited number of child profiles', () => {
    const many = Array.from({ length: 300 }, (_, at) =>
      allowed(opened('/a').replace('"app"', `"app//c${at}"`)),
    );
    const { text, unsaid, children } = draftProfile('app', findingsOf(...many));
    expect(children).toHaveLength(100);
    expect(unsaid).toHaveLength(200);
    expect(check(text).ok).toBe(true);
  });

  test.each<[string, string, string]>([
    [opened('/a'), '3.0', '3.0'],
    [
      'operation="userns_create" class="namespace" profile="app" requested="userns_create" denied="userns_create"',
      '4.0',
      '4.0',
    ],
    [
      'operation="uring_sqpoll" class="io_uring" profile="app" requested="sqpoll" denied="sqpoll"',
      '5.0',
      '5.0',
    ],
    [
      'operation="create" class="net" profile="app" family="mctp" sock_type="dgram" denied_mask="create"',
      '3.0',
      '3.1',
    ],
  ])('has the abi that its rules require: %s', (line, abi, needs) => {
    const drafted = draftProfile('app', findingsOf(allowed(line)));
    expect(drafted).toMatchObject({ abi, needs, unsaid: [] });
    expect(drafted.text).toContain(`abi <abi/${abi}>,`);
    expect(check(drafted.text).diagnostics).toEqual([]);
  });

  test('repeats no rule of the base abstraction', () => {
    const resolver: IncludeResolver = ({ path }) => ({
      file: path,
      source: path === 'abstractions/base' ? '/srv/* rw,\n' : '',
    });
    const { text } = draftProfile('app', findingsOf(...lines), { resolver });
    expect(text).not.toContain('/srv');
    expect(check(text, { resolver }).ok).toBe(true);
  });
});

describe('a profile name generated in complain mode', () => {
  const peer = 'peer="app//null-/usr/bin/helper"';
  const other = (line: string) => line.replace('profile="app"', 'profile="kwin"');
  const lines = [
    `operation="ptrace" profile="app" denied_mask="trace" ${peer}`,
    `operation="signal" profile="app" denied_mask="send" signal=term ${peer}`,
    `operation="connect" class="net" profile="app" family="unix" sock_type="stream" denied_mask="send" addr=none peer_addr="@/tmp/x" ${peer}`,
    'operation="dbus_method_call" bus="session" path="/x" interface="x" member="y" mask="send" name="x.y" label="app" peer_label="app//null-/usr/bin/a//null-/usr/bin/b"',
    'operation="ptrace" profile="app" denied_mask="read" peer="app//null-/usr/bin/helper//&other"',
  ];

  test.each([
    [0, 'ptrace (trace) peer=app,'],
    [1, 'signal (send) set=(term) peer=app,'],
    [2, 'unix (send) type=stream addr=none peer=(label=app, addr=@/tmp/x),'],
    [3, 'dbus send bus=session path=/x interface=x member=y peer=(name=x.y, label=app),'],
    [4, 'ptrace (read) peer="app//&other",'],
  ])('is not used as a peer: line %i', (index, rule) => {
    const line = lines[index] ?? '';
    expect(advised(line).suggestion?.rule).toBe(rule);
    expect(notesOf(line)).toContain('null-profile');
    expect(notesOf(other(line))).toContain('null-profile');
    const { text } = draftProfile('app', findingsOf(line.replace('op', 'apparmor="ALLOWED" op')));
    expect(text).not.toContain('null-');
    expect(check(text).ok).toBe(true);
  });
});

describe('names in the log that rules do not have', () => {
  const net = (family: string, type: string, more = '') =>
    `operation="create" class="net" profile="app" family="${family}" sock_type="${type}" denied_mask="send receive"${more}`;
  const bus = (operation: string, more: string) =>
    `operation="${operation}" bus="system" ${more} exe="/usr/bin/dbus-broker"`;
  const call = 'path="/org/x" interface="org.x.M" mask="send" label="app" peer_label="unconfined"';
  const queue = (kind: string, more = '') =>
    `operation="open" class="${kind}" profile="app" requested="read" denied="read"${more}`;
  const ipc = ' info="Failed name lookup - disconnected IPC path" error=-13';

  test.each<[string, string | undefined, string[]]>([
    [net('inet', 'unknown(0)'), 'network inet,', ['unnamed']],
    [net('unknown(46)', 'stream'), undefined, []],
    [net('inet', 'x) /** rw,'), undefined, []],
    [
      'operation="signal" profile="app" denied_mask="send" signal=unknown(70) peer="x"',
      'signal (send) peer=x,',
      ['unnamed', 'both-ends'],
    ],
    [net('unix', 'stream', ' addr="/run/app.sock" peer_addr=none'), '/run/app.sock rw,', []],
    [
      net('unix', 'stream', ' addr=none peer_addr="/run/my app"').replace(' receive', ' connect'),
      '"/run/my app" w,',
      [],
    ],
    ['operation="stack" profile="app" name="inner"', 'change_profile -> &inner,', ['stacking']],
    [
      'operation="stack_onexec" profile="app" name="in ner"',
      'change_profile -> "&in ner",',
      ['stacking'],
    ],
    ['operation="change_profile" profile="app" name="inner"', 'change_profile -> inner,', []],
    [queue('posix_mqueue', ipc), 'mqueue (read) type=posix,', ['disconnected-ipc-path', 'unnamed']],
    [queue('sysv_mqueue', ' name="7"'), 'mqueue (read) type=sysv 7,', []],
    [
      queue('posix_mqueue', `${ipc} name="q"`),
      'mqueue (read) type=posix /q,',
      ['disconnected-ipc-path'],
    ],
    [
      bus('dbus_method_call', `${call} method="Off"`),
      'dbus send bus=system path=/org/x interface=org.x.M member=Off peer=(label=unconfined),',
      [],
    ],
    [
      bus('dbus_method_call', call.replace('"org.x.M"', '"(null)" method="Off"')),
      'dbus send bus=system path=/org/x member=Off peer=(label=unconfined),',
      [],
    ],
    [
      bus('dbus_bind', 'name="org.x"'),
      'dbus bind bus=system name=org.x,',
      ['dbus-broker-without-label'],
    ],
    [bus('dbus_eavesdrop', 'label="app (enforce)"'), 'dbus eavesdrop bus=system,', []],
  ])('%s', (line, rule, notes) => {
    const { suggestion, explanations } = advised(line);
    expect(suggestion?.rule).toBe(rule);
    expect(explanations.map(({ id }) => id)).toEqual(notes);
    const { text } = draftProfile('app', findingsOf(line.replace('op', 'apparmor="ALLOWED" op')));
    expect(check(text).ok).toBe(true);
    // The rule allows the denied request.
    if (rule === undefined) return;
    const { evaluation } = advised(line, `${rule}\n`);
    expect(evaluation?.outcome === 'allowed' || evaluation?.unsure).toBe(true);
  });

  test('a rule for a transition does not allow stacking', () => {
    const line = 'operation="stack" profile="app" name="inner"';
    expect(advised(line, 'change_profile -> inner,\n').evaluation?.outcome).toBe('unmatched');
    expect(advised(line, 'change_profile -> &inner,\n').evaluation?.outcome).toBe('allowed');
  });

  test('the mode after a label is not part of it', () => {
    const [finding] = findingsOf(bus('dbus_eavesdrop', 'label="app (complain)"'));
    expect(finding?.profile).toBe('app');
  });

  test('a disconnected queue requires a flag', () => {
    const line = queue('posix_mqueue', ipc);
    expect(advised(line).flag).toBe('attach_disconnected.ipc');
    expect(advised(line, '', ' flags=(attach_disconnected.ipc=/q)').flag).toBeUndefined();
  });

  test('a draft omits rules that conflict with an included file', () => {
    const resolver: IncludeResolver = ({ path }) => ({
      file: path,
      source: path === 'abstractions/base' ? '/bin/x px,\n' : '',
    });
    const findings = findingsOf(
      ...['/bin/w', '/bin/x', '/bin/y'].map(
        (name) =>
          `apparmor="ALLOWED" operation="exec" profile="app" name="${name}" denied_mask="rx" fsuid=0 ouid=1`,
      ),
    );
    const { text, unsaid } = draftProfile('app', findings, { resolver });
    expect(check(text, { resolver }).ok).toBe(true);
    expect(text).toContain('/bin/w rix,');
    expect(text).toContain('/bin/y rix,');
    expect(unsaid).toMatchObject([{ access: { path: '/bin/x' } }]);
  });
});

describe('generated profiles', () => {
  const of = (profile: string) => opened('/a').replace('"app"', `"${profile}"`);
  test.each<[string, RegExp]>([
    ['docker-default', /--security-opt apparmor=NAME/],
    ['cri-containerd.apparmor.d', /localhostProfile: NAME/],
    ['crio-default', /localhostProfile/],
    ['containers-default-0.57.4-apparmor1', /podman/],
    ['lxc-container-default-cgns', /lxc\.apparmor\.profile/],
    ['snap.firefox.firefox', /snap connect/],
    ['snap.firefox.firefox//null-/bin/x', /snap connect/],
    ['lxd-c5_</var/snap/lxd/common/lxd>', /raw\.apparmor/],
    ['incus-c5_</var/lib/incus>', /raw\.apparmor/],
    ['libvirt-0e3a2f9c-1111-2222-3333-444455556666', /libvirt-qemu/],
  ])('%s: advice', (profile, text) => {
    const notes = advised(of(profile)).explanations;
    const [finding] = findingsOf(of(profile));
    const unknown = adviseOn(finding as Finding, undefined).explanations;
    expect(unknown.find(({ id }) => id === 'made-by-program')?.text).toMatch(text);
    // If a file on the host defines a runtime's profile, the rule is for that file.
    const always = /^(?:snap|lxd|incus|libvirt)/.test(profile);
    expect(notes.some(({ id }) => id === 'made-by-program')).toBe(always);
  });

  test.each(['app', 'docker-nginx', 'docker-default-mine', 'snapper', '/usr/bin/lxd'])(
    '%s is none',
    (profile) => {
      const [finding] = findingsOf(of(profile));
      expect(adviseOn(finding as Finding, undefined).explanations).toEqual([]);
    },
  );
});

describe('stacked profiles', () => {
  const of = (label: string) => opened('/a').replace('profile="app"', `label="${label}"`);
  const label = 'app//&:ns:unconfined';

  test('are named, with the owner of the rule', () => {
    const { explanations, suggestion } = advised(of(label));
    expect(suggestion?.rule).toBe('owner /a r,');
    expect(explanations).toEqual([
      {
        id: 'stacked-profiles',
        text: '2 stacked profiles apply, and each must allow it: app and :ns:unconfined. :ns:unconfined allows everything. The rule belongs to app.',
      },
    ]);
  });

  test('each get their missing rule', () => {
    const source = 'profile app {\n}\nprofile other {\n  /a r,\n}\nprofile more {\n}\n';
    const { additions } = wantedBy(findingsOf(of('app//&other//&more//&:ns:app')), source);
    expect(additions.map(({ profile }) => profile)).toEqual(['app', 'more']);
  });

  test.each(['unconfined', ':ns:app', ':ns:app//&unconfined'])('no rule helps with %s', (all) => {
    expect(advised(of(all)).suggestion).toBeUndefined();
  });

  test.each([
    [label, 'app', true],
    ['other//&app//hat', 'app', true],
    ['app//&other', 'app//&other', true],
    ['apple//&other', 'app', false],
    [':ns:app', 'app', false],
  ])('%s is of %s: %s', (all, name, is) => expect(isOf(all, name)).toBe(is));
});
