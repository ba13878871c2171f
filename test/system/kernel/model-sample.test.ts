// The kernel decides about requests of confined processes as the model of their profiles says: a sample of requests about
// generated policies.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check, model, type Release } from '../../../policy/index.ts';
import { generatedPolicy } from '../../policy/generated-policy.ts';
import { generatedRules, newerRules } from '../../policy/generated-rules.ts';
import { isUnlike } from '../../policy/unlike.ts';
import { debian12, debian13 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import {
  files,
  folders,
  otherFiles,
  outcomeOf,
  peerPolicy,
  type Request,
  requestsOf,
} from './requests.ts';

const lacks = await missing(debian12, debian13);
const title = ['the model and the kernel', ...lacks].join(': ');

/** A program for x86-64 that exits immediately. */
const program = Buffer.from(
  [
    // The header, and that of its one segment: all of the file, at 0x400000.
    '7f454c4602010100000000000000000002003e0001000000780040000000000040000000000000000000000000000000',
    '00000000400038000100000000000000010000000500000000000000000000000000400000000000000040000000000084',
    '0000000000000084000000000000000010000000000000',
    // exit(0)
    'b83c00000031ff0f0500000000',
  ].join(''),
  'hex',
);

/** A policy of the sample, with its requests. */
interface Sample {
  text: string;
  requests: Request[];
}

/**
 * Policies in the language of a release. Of each kind of request of which a policy grants some, three that it grants and two
 * that it denies; of the other kinds, one in few policies.
 */
function samples(target: Release, newer: boolean): Sample[] {
  const kinds = newer
    ? [generatedPolicy, generatedRules, newerRules]
    : [generatedPolicy, generatedRules];
  const policies = kinds.flatMap((kind) => fc.sample(kind, { numRuns: newer ? 30 : 25, seed: 18 }));
  return policies.flatMap((policy, number) => {
    const text = `abi <abi/kernel>,\n\n${policy.replace('profile p {', `profile p${number} {`)}`;
    if (!check(text, { target }).ok || isUnlike(text, target)) return [];
    const { profiles } = model(text, { target });
    const all = profiles.flatMap((one) => requestsOf(one, profiles, newer));
    const requests = [...Map.groupBy(all, ({ kind }) => kind)].flatMap(([kind, group], index) => {
      const [refused, permitted] = [true, false].map((isDenied) =>
        group.filter(({ expected }) => (expected === 'denied') === isDenied),
      ) as [Request[], Request[]];
      if (permitted.length > 0) return [...spread(permitted, 3), ...spread(refused, 2)];
      // Locking and mapping are only tried on files that can be read.
      const isSeldom = kind === 'k' || kind === 'm';
      return isSeldom || (number + index) % 5 === 0 ? spread(refused, 1) : [];
    });
    return requests.length > 0 ? [{ text, requests }] : [];
  });
}

/** Some items of a list, at equal distances. */
function spread<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}

describe.skipIf(lacks.length > 0).each([
  { guest: debian12, target: '3.0', newer: false },
  { guest: debian13, target: '4.1', newer: true },
] as const)(`${title}, $guest.suite`, { timeout: 600_000 }, ({ guest, target, newer }) => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await boot({
      guest,
      async furnish(root) {
        for (const folder of folders) await mkdir(path.join(root, folder), { recursive: true });
        for (const file of [...files, ...otherFiles])
          await writeFile(path.join(root, file), program, { mode: 0o777 });
        await mkdir(path.join(root, 'srv'), { recursive: true });
        await cp(path.join(import.meta.dirname, 'guest/probe.pl'), path.join(root, 'srv/probe'));
      },
    });
  });
  afterAll(() => machine?.dispose());

  test('agree on a sample of requests', async () => {
    const all = samples(target, newer);
    const policies = [`abi <abi/kernel>,\n\n${peerPolicy}`, ...all.map(({ text }) => text)];
    const requests = all.flatMap((one) => one.requests);
    const lines = requests.map(({ profile, kind, words }) => [profile, kind, ...words].join('\t'));
    const { stdout, ...ended } = await machine.run(`
aa-features-abi --extract --write /etc/apparmor.d/abi/kernel || exit
mkdir /srv/policies
${policies.map((text, at) => `cat >/srv/policies/${at} <<'END'\n${text}END`).join('\n')}
apparmor_parser --replace --quiet /srv/policies/* || exit
chmod 777 ${[...files, ...otherFiles].map((one) => `'${one}'`).join(' ')}
chown 65534 ${otherFiles.map((one) => `'${one}'`).join(' ')}
sysctl -qw fs.protected_hardlinks=0 kernel.yama.ptrace_scope=0 2>/dev/null
cat >/srv/requests <<'END'
${lines.join('\n')}
END
perl /srv/probe /srv/requests`);
    expect(ended).toEqual({ code: 0, stderr: '' });
    const said = stdout.trimEnd().split('\n');
    expect(said).toHaveLength(requests.length);
    const wrong = requests.flatMap((request, index) => {
      const outcome = outcomeOf(request, said[index] ?? '');
      const text = all.find((one) => one.requests.includes(request))?.text;
      return outcome === request.expected ? [] : [{ ...request, outcome, text }];
    });
    expect(wrong).toEqual([]);
    expect(requests.length).toBeGreaterThan(500);
  });
});
