// A bare word in place of a path: the expected results are those of apparmor_parser 3.0.8.
import { describe, expect, test } from 'vitest';
import { check, evaluate, format, model, type ProfileModel, releases } from '../../policy/index.ts';

const profile = (rule: string) => `profile a {\n  ${rule}\n}\n`;
const found = (rule: string) => {
  const { ok, diagnostics } = check(profile(rule));
  return { ok, ids: diagnostics.map(({ id }) => id) };
};

const taken = [
  ...['deleted r,', 'owner deleted r,', 'other deleted r,', 'user deleted r,', 'deny deleted w,'],
  ...['audit deleted rw,', 'allow deleted r,', 'audit deny owner deleted w,', 'deny deleted x,'],
  ...[
    'file deleted r,',
    'owner file deleted r,',
    'file r deleted,',
    'r deleted,',
    'owner r deleted,',
  ],
  ...['deleted px,', 'deleted px -> foo,', 'px deleted -> foo,', 'deleted rpx -> :ns:x,'],
  ...['unsafe deleted px,', 'file unsafe deleted px,', 'safe deleted Px,', 'unsafe rpx deleted,'],
  ...[
    'link deleted -> foo,',
    'link subset deleted -> foo,',
    'link deleted -> /foo,',
    'l deleted -> x,',
  ],
  ...['l subset deleted -> x,', 'deleted l -> /x,', 'owner link deleted -> /b,'],
  ...['deleted\n  r,', 'deleted#c\n  r,', 'deleted r\n  ,', 'r deleted->x,', 'deleted r ->x,'],
  ...[
    'f1 r,',
    'a_b_ rw,',
    'Owner r,',
    'TRUE r,',
    'exec r,',
    'change_hat r,',
    'flags r,',
    'kill r,',
  ],
];

const refused = [
  // Not a word.
  ...[
    '_foo r,',
    '1f r,',
    'a_b-c r,',
    'deleted.log r,',
    'deleted* r,',
    'deleted? r,',
    'deleted[a] r,',
  ],
  ...['deleted{a,b} r,', 'deleted@{x} r,', 'deleted+ r,', 'deleted~ r,', 'a/b r,', 'deleted=x r,'],
  ...['"deleted" r,', 'r "deleted",', 'deleted:x r,', 'deletedé r,'],
  // Words of the language, and modes.
  ...[
    'r r,',
    'rw r,',
    'px r,',
    'all r,',
    'if r,',
    'else r,',
    'not r,',
    'defined r,',
    'in r,',
    'peer r,',
  ],
  ...[
    'subset r,',
    'rlimit r,',
    'set r,',
    'profile r,',
    'hat r,',
    'alias r,',
    'rewrite r,',
    'read r,',
  ],
  ...['file network r,', 'file mount r,', 'file user r,', 'file unmount r,', 'file audit r,'],
  // Not modes, or more than modes.
  ...[
    'deleted,',
    'deleted ,',
    'file deleted,',
    'r,',
    'link deleted,',
    'deleted a r,',
    'r deleted foo,',
  ],
  ...[
    'deleted "r",',
    'deleted (r),',
    'deleted xyz,',
    'deleted wa,',
    'deleted x,',
    'change_profile deleted,',
  ],
];

describe('a bare word as a path', () => {
  test.each(taken)('%j is accepted with a warning', (rule) => {
    expect(found(rule)).toEqual({ ok: true, ids: ['bare-word-path'] });
    // The formatter keeps it.
    const { text } = format(profile(rule));
    expect(check(text)).toMatchObject({ ok: true, diagnostics: [{ id: 'bare-word-path' }] });
    expect(format(text).text).toBe(text);
  });

  test.each(refused)('%j is refused', (rule) => {
    expect(found(rule).ok).toBe(false);
  });

  test.each([
    ...['r', 'rw', 'ix', 'x', 'px', 'oldroot=/old r', 'w -> b', 'oldroot=/old/\n  rw -> b'],
    ...['deny', 'file', 'read', 'network', 'r*', 'r/a', '{a,b}'],
  ])('pivot_root %s is refused', (words) => {
    expect(found(`pivot_root ${words},`).ok).toBe(false);
    expect(found(`deny pivot_root ${words},`).ok).toBe(false);
  });

  test.each(['foo', 'foo -> b', 'oldroot=r foo', 'oldroot=r /b', '/a -> r', 'rws', '"/r"', ':a'])(
    'pivot_root %s is accepted',
    (words) => {
      expect(found(`pivot_root ${words},`)).toEqual({ ok: true, ids: [] });
    },
  );

  test('conflicts like other paths', () => {
    expect(found('deleted px,\n  deleted ux,').ids).toContain('exec-conflict');
  });

  test('a misspelt rule still has a suggestion', () => {
    const { diagnostics } = check(profile('capabilty chown,'));
    expect(diagnostics).toMatchObject([{ id: 'unknown-rule', suggestion: 'capability' }]);
  });

  test('allows nothing', () => {
    const [seen] = model(profile('deleted rw,'), { presume: true }).profiles;
    const access = { kind: 'file', path: '/deleted', permissions: ['w'] } as const;
    expect(evaluate(seen as ProfileModel, access).outcome).toBe('unmatched');
  });
});

describe('a word that is a keyword in later releases', () => {
  const later = ['io_uring', 'userns', 'mqueue', 'priority', 'prompt', 'delete', 'quiet'];
  const words = [...later, 'open', 'override_creds', 'sqpoll', 'and', 'or'];
  const forms = ['W r,', 'owner W rw,', 'r W,', 'file W r,', 'deny W w,', 'W px -> b,'];
  const cases = words.flatMap((word) => forms.map((form) => form.replace('W', word)));

  test.each(cases)('%j is a bare word for 3.0', (rule) => {
    const { ok, diagnostics, needs } = check(profile(rule), { target: '3.0' });
    expect({ ok, ids: diagnostics.map(({ id }) => id) }).toEqual({
      ok: true,
      ids: ['bare-word-path'],
    });
    expect(needs).toBe('2.13');
  });

  test.each(later.map((word) => `${word} r,`))('%j is refused by the newest release', (rule) => {
    const { diagnostics } = check(profile(rule));
    expect(diagnostics.map(({ id }) => id)).not.toContain('bare-word-path');
  });

  test.each([
    ['prompt /x r,', 'target'],
    ['quiet /x r,', 'target'],
    ['userns,', 'target'],
    ['mqueue r /x,', 'target'],
    ['priority=1 /x r,', 'target'],
  ])('%j keeps its meaning in other places', (rule, id) => {
    const { diagnostics } = check(profile(rule), { target: '3.0' });
    expect(diagnostics.map((one) => one.id)).toEqual([id]);
  });

  test('an included file is read with the keywords of each target', () => {
    const file = { file: 'local/x', source: '  priority r,\n' };
    const options = { resolver: () => file };
    const text = profile('include <local/x>');
    expect(check(text, options).ok).toBe(false);
    expect(check(text, { ...options, target: '3.0' }).ok).toBe(true);
    expect(check(text, options).ok).toBe(false);
  });
});

describe('include as a bare word', () => {
  const taken = ['r include,', 'owner r include,', 'file r include,', 'deny r include,'];
  test.each([...taken, 'r include\n,', 'px include->b,', 'link include->b,'])('%j', (rule) => {
    expect(found(rule)).toEqual({ ok: true, ids: ['bare-word-path'] });
  });

  test.each(['r include ,', 'px include -> b,', 'r "include",', 'include,'])(
    '%j is an include or an error',
    (rule) => {
      expect(found(rule).ok).toBe(false);
    },
  );
});

describe('synonyms', () => {
  test.each([
    ['user /x r,', 'owner /x r,'],
    ['unmount /x/,', 'umount /x/,'],
    ['audit unmount,', 'audit umount,'],
  ])('%j is %j', (other, usual) => {
    expect(found(other)).toEqual(found(usual));
    expect(found(other).ok).toBe(true);
  });

  test('unmount allows the same as umount', () => {
    const [seen] = model(profile('unmount /x/,'), { presume: true }).profiles;
    const access = { kind: 'umount', target: '/x/' } as const;
    expect(evaluate(seen as ProfileModel, access).outcome).toBe('allowed');
  });

  test('rewrite is a synonym of alias', () => {
    expect(check('rewrite /a -> /b,\nprofile a {\n}\n').ok).toBe(true);
    expect(check('rewrite /a,\nprofile a {\n}\n').ok).toBe(false);
    expect(check('user user /x r,\n').ok).toBe(false);
    expect(found('owner user /x r,').ok).toBe(false);
    expect(found('user capability kill,').ok).toBe(false);
  });

  test('the target of an exec transition is a name of any characters', () => {
    expect(found('/x px -> @{NOBODY_SETS_IT},').ok).toBe(true);
    expect(found('/x l -> @{NOBODY_SETS_IT},').ok).toBe(false);
  });
});

const target = '3.0';
const seen = (text: string) => {
  const { ok, diagnostics } = check(text, { target });
  return { ok, ids: [...new Set(diagnostics.map(({ id }) => id))] };
};

describe('an alias of bare words', () => {
  test.each(['/a -> r', 'foo -> /b', 'foo -> bar', '/a -> rw', '/a -> all', 'include->b'])(
    'alias %s is accepted',
    (words) => {
      expect(seen(`alias ${words},\nprofile a {\n}\n`)).toEqual({
        ok: true,
        ids: ['bare-word-path'],
      });
    },
  );

  test.each([
    'r -> /b',
    '"foo" -> /b',
    'foo.c -> /b',
    '1 -> /b',
    'a/b -> /c',
    'file -> c',
    'a* -> b',
  ])('alias %s is refused', (words) => {
    expect(seen(`alias ${words},\nprofile a {\n}\n`).ok).toBe(false);
  });
});

describe('# where apparmor_parser 3.0 accepts it', () => {
  test.each(['chown#c\n ,', 'chown #c\n ,', 'chown#c\n kill,', '#c\n kill,', 'chown,#c'])(
    'capability %j',
    (words) => {
      expect(found(`capability ${words}`)).toEqual({ ok: true, ids: [] });
    },
  );

  test.each([
    ...['(a=b #c\n )', '(#c\na=b)', '(a #c\n)', '(a= #c\nb)', '(a=b\n#c\nd=e)', '(a #c\n=b)'],
    ...['(#c,\n a=b)', '(# c)', '(a=b # d=e\n)', '(a # d=e f\n)'],
  ])('xattrs=%j', (list) => {
    const text = `profile a /x xattrs=${list} {\n}\n`;
    expect(seen(text)).toEqual({ ok: true, ids: ['comment-in-rule'] });
    for (const target of [undefined, ...releases.filter((one) => one !== '2.13')]) {
      const { ok, diagnostics } = check(text, target && { target });
      expect(ok, target).toBe(true);
      expect(diagnostics, target).toMatchObject([{ id: 'comment-in-rule', severity: 'warning' }]);
    }
  });

  test.each(['dbus send peer=(name=a\r\n label=b),', 'dbus send peer=(label=b\r\n name=a),'])(
    '%j compiles with an unintended name: a warning for every target',
    (words) => {
      const text = profile(words);
      expect(seen(text).ok).toBe(true);
      for (const target of [undefined, ...releases]) {
        const { ok, diagnostics } = check(text, target && { target });
        expect(ok, target).toBe(true);
        expect(diagnostics, target).toMatchObject([{ id: 'carriage-return', severity: 'warning' }]);
      }
    },
  );

  test.each(['label=b\r\n ', 'label=b\r\n', 'label=b'])('dbus peer=(name=a %j)', (words) => {
    expect(seen(profile(`dbus send peer=(name=a ${words}),`)).ok).toBe(true);
  });
});
