import { fetchSeveral } from '../../sdk/fetch-several.ts';
import { readFileIfPresent } from '../../sdk/host/read-file.ts';
import {
  hostSeenFolder,
  readRevoked,
  readSeen,
  userSeenFolder,
  writeRevoked,
  writeSeen,
} from '../../sdk/host/seen.ts';
import { formatLock, type LockedProfile, lockPath, writeLock } from '../../sdk/profiles-file.ts';
import { formatReference } from '../../trust/index.ts';
import { alone } from '../changing.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { notProved } from '../not-proved.ts';
import { profilesOption, requireProfiles } from '../profiles-option.ts';
import { openSession, registryOptions } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';
import { diffOf } from '../terminal/diff.ts';
import { showingProgress } from '../terminal/progress.ts';

export const lock = defineCommand({
  name: 'lock',
  summary: 'Write down the exact versions that profiles.toml means now',
  usage: '[--profiles FILE]',
  args: { min: 0, max: 0 },
  options: {
    profiles: profilesOption,
    'dry-run': { type: 'boolean', short: 'n', description: 'Show what would change, as a diff' },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Each profile is fetched and verified; its version and digest go to profiles.lock.toml beside profiles.toml, which ' +
    '"sync" follows. Keep both in version control and give both to all hosts: they then have the same, and change when ' +
    'you lock again.',
  examples: ['aa-registry lock --profiles ./profiles.toml', 'sudo aa-registry lock'],
  async run({ values, io }) {
    const root = rootOf(values.root);
    const trust = await requireTrust(values, root);
    const { path, wanted } = await requireProfiles(values, root);
    const client = await openSession(io, values, trust.registry);
    const references = wanted.map(({ reference }) => reference);
    const names = references.map(formatReference);
    const folder = userSeenFolder(io.env, trust.log.key);
    const view = {
      trust,
      seen: await readSeen(folder),
      revoked: await readRevoked(folder, hostSeenFolder(root, trust.log.key)),
      installed: () => undefined,
    };
    const verified = await showingProgress(io, names, ({ update }) =>
      fetchSeveral(client, references, view, { onProgress: update }),
    );
    const locked: LockedProfile[] = [];
    for (const [at, one] of verified.entries()) {
      const team = references[at]?.team ?? '';
      await writeRevoked(folder, team, one.revoked);
      if (!one.ok) {
        const next = trustAdvice(one.id, team, values);
        throw notProved(one, `nothing was written: ${names[at]}`, next);
      }
      const { version, digest, checkpoint } = one.profile;
      await writeSeen(folder, checkpoint);
      locked.push({ reference: names[at] ?? '', version, digest });
    }
    const file = lockPath(path);
    const text = formatLock(locked);
    const before = await readFileIfPresent(file);
    const changed = before !== text;
    const lines = changed
      ? diffOf(`${file}`, before, new TextEncoder().encode(text), 'locked').trimEnd()
      : `${file} is up to date: ${locked.length} ${locked.length === 1 ? 'profile' : 'profiles'}.`;
    if (changed && !values['dry-run']) {
      const write = () => writeLock(file, locked);
      // The host's own file is what sync follows; another is nobody else's.
      await (values.profiles === undefined ? alone(io, root, write) : write());
    }
    answer(io, values, { file: `${file}`, changed, items: locked }, lines);
    if (changed && !values['dry-run']) io.tell(`Wrote ${file}`);
    return exit.ok;
  },
});
