import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  Budget,
  describeDifference,
  evaluate,
  type IncludeResolver,
  model,
} from '../../policy/index.ts';
import { tableClasses } from '../../policy/model/profile-model.ts';
import { adviseOn, beyondRequest } from '../../sdk/denials/advice.ts';
import { parseEvent } from '../../sdk/denials/event.ts';
import { type Finding, Findings } from '../../sdk/denials/finding.ts';

function findingOf(text: string): Finding {
  const event = parseEvent(`audit: type=1400 audit(1795500000.001:1): apparmor="DENIED" ${text}`);
  const finding = event && new Findings().add(event);
  if (!finding) throw new Error('no finding');
  return finding;
}

const masks = (mask: string) => `requested_mask="${mask}" denied_mask="${mask}"`;
const opened = (name: string, mask = 'r') =>
  `operation="open" profile="app" name="${name}" ${masks(mask)} fsuid=0 ouid=0`;

/** The suggested rule, and what it permits beyond the request. */
function suggested(line: string, rules = '', generalise = false) {
  const finding = findingOf(line);
  const [profile] = model(`abi <abi/5.0>,\nprofile app {\n${rules}\n}\n`).profiles;
  const advice = adviseOn(finding, profile, { generalise });
  const beyond = beyondRequest(finding, advice, profile);
  return {
    rule: advice.suggestion?.rule,
    beyond: Array.isArray(beyond)
      ? beyond.map((one) => `${one.class}: ${describeDifference(one)}`)
      : beyond,
  };
}

describe('what a suggested rule permits beyond the request', () => {
  test.each<[string, string, string[]]>([
    [opened('/srv/a', 'rw'), '', []],
    [opened('/srv/a', 'x'), '', ['file: + owner m: /srv/a']],
    [opened('/srv/a', 'x'), '/srv/* m,', []],
    [opened('/srv/a', 'x').replace('ouid=0', 'ouid=1'), '', ['file: + m: /srv/a']],
    [
      `operation="link" profile="app" name="/srv/a" target="/srv/b" ${masks('l')} fsuid=0 ouid=0`,
      '',
      [],
    ],
    ['operation="capable" profile="app" capability=12 capname="net_admin"', '', []],
    [
      `operation="create" profile="app" family="inet" sock_type="unknown(77)" ${masks('create')}`,
      '',
      [
        'network: + create, bind, listen, accept, connect, shutdown, getattr, setattr, getopt, setopt, send, receive: inet stream',
      ],
    ],
    [
      `operation="connect" profile="app" family="unix" sock_type="stream" ${masks('send receive connect')} addr=none peer_addr="@x" peer="other"`,
      '',
      [],
    ],
    [
      `operation="signal" profile="app" ${masks('send')} signal=unknown(77) peer="other"`,
      '',
      ['signal: + send: signal kill, peer other'],
    ],
    [
      `operation="signal" profile="app" ${masks('send')} signal=unknown(77) peer="other"`,
      'signal (send) set=(kill) peer=other,',
      ['signal: + send: signal term, peer other'],
    ],
    ['operation="mount" profile="app" name="/m/" srcname="/a/" flags="rw, rbind"', '', []],
    [
      'operation="change_profile" profile="app" name="other"',
      '',
      ['file: + owner w: /proc/x/attr/exec', 'file: + owner r: /proc/x/attr/apparmor/'],
    ],
    ['operation="change_profile" profile="app" name="other"', 'change_profile -> more,', []],
    [
      'operation="dbus_method_call" bus="system" path="/x" interface="org.x" member="Get" mask="receive" name=":1.5" label="app" peer_label="other"',
      '',
      [
        'dbus: + receive: bus system, name org.freedesktop.DBus, label other, path /x, interface org.x, member Get',
      ],
    ],
    [
      'operation="open" class="posix_mqueue" profile="app" requested="read" denied="read" info="Failed name lookup - disconnected IPC path" error=-13',
      '',
      ['posix_mqueue: + read: queue /queue'],
    ],
  ])('%s, with %s', (line, rules, beyond) => {
    expect(suggested(line, rules)).toEqual({ rule: expect.anything(), beyond });
  });

  test('a generalised rule has an example of another path, unless the profile permits it', () => {
    const line = opened('/run/user/1000/bus');
    const rule = 'owner /run/user/[0-9]*/bus r,';
    const beyond = ['file: + owner r: /run/user/0/bus'];
    expect(suggested(line, '', true)).toEqual({ rule, beyond });
    expect(suggested(line, '/run/user/[0-9]/bus r,', true).beyond).toEqual([
      'file: + owner r: /run/user/0x/bus',
    ]);
  });

  test('is not more than the deny rules of the profile leave', () => {
    expect(suggested(opened('/srv/a', 'x'), 'deny /srv/* m,').beyond).toEqual([]);
  });

  test('is unknown where a variable of the profile is', () => {
    const { rule, beyond } = suggested(opened('/srv/a'), '@{NOWHERE}/a r,');
    expect({ rule, beyond }).toEqual({ rule: 'owner /srv/a r,', beyond: 'variables' });
  });
});

describe('the deciding rule', () => {
  test('is named with its file, through the includes of includes', () => {
    const files: Record<string, string> = {
      'abstractions/one': '# first\ninclude <abstractions/two>\n',
      'abstractions/two': '/srv/** r,\n\n  deny /srv/secret/** rw,\n',
    };
    const resolver: IncludeResolver = ({ path }) => {
      const source = files[path];
      return source === undefined ? undefined : { file: `/etc/apparmor.d/${path}`, source };
    };
    const [profile] = model('profile app {\n  include <abstractions/one>\n}\n', {
      resolver,
    }).profiles;
    const { evaluation } = adviseOn(findingOf(opened('/srv/secret/key')), profile);
    expect(evaluation).toEqual({
      outcome: 'denied',
      rules: [
        {
          ...{ text: 'deny /srv/secret/** rw,', line: 3, deny: true, audit: false },
          file: '/etc/apparmor.d/abstractions/two',
        },
      ],
      unsure: false,
    });
  });

  test('is unknown where the profile is too complex, and the rule is suggested', () => {
    const budget = new Budget(3000);
    const rules = Array.from({ length: 20 }, (_, at) => `/srv/{a,b}*${at}?* r,`).join('\n');
    const [profile] = model(`profile app {\n${rules}\n}\n`, { budget }).profiles;
    const { evaluation, suggestion } = adviseOn(findingOf(opened('/srv/a')), profile);
    expect(evaluation).toMatchObject({ outcome: 'unknown', reason: 'budget', unsure: true });
    expect(suggestion?.rule).toBe('owner /srv/a r,');
  });
});

test('no text of a profile makes a model throw, valid or not', () => {
  const folder = join(import.meta.dirname, '../policy/cases');
  const access = { kind: 'file', path: '/a', permissions: ['r'], owner: true } as const;
  const texts = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .flatMap((text) => text.split(/^--- .*$/m));
  let models = 0;
  for (const text of texts) {
    for (const profile of model(text, { presume: true }).profiles) {
      for (const of of tableClasses) profile.table(of);
      evaluate(profile, access);
      models++;
    }
  }
  expect(models).toBeGreaterThan(150);
});
