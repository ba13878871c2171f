import {
  type RollbackEvent,
  type RollbackRefusal,
  rollback as rollBack,
} from '../../sdk/calls/rollback.ts';
import { type AdvisedHost, hostCommand } from '../../sdk/host-command.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { asSentence } from '../framework/sentence.ts';
import { reportHostEvent, reportSetAside } from '../host-events.ts';
import { trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { refused } from '../refused.ts';
import { connectWith, registryOptions } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';
import type { Io } from '../terminal/io.ts';

export const rollback = defineCommand({
  name: 'rollback',
  summary: 'Roll back to the previously installed older version',
  args: [{ name: 'NAME' }],
  options: {
    to: { type: 'string', value: 'VERSION', description: 'Go to this version instead' },
    offline: {
      type: 'boolean',
      description: 'Do not ask the registry for yanked versions or revoked keys',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Works offline: earlier versions are stored with their proofs and verified again, with all ' +
    'revocations that the registry or this host knows. Another rollback goes further back, ' +
    'until there is no older version. To return to a newer version, use --to or ' +
    '"pull". "sync" and "lock" keep the older version until a newer one than the one rolled ' +
    'back is published.',
  examples: [
    'sudo aa-registry rollback docker-nginx',
    'sudo aa-registry rollback docker-nginx --to 1.0.0',
  ],
  async run({ values, args: [text = ''], io }) {
    const { registry, trust, to, offline } = values;
    const done = await rollBack(text, {
      root: rootOf(values.root),
      trust,
      registry,
      to,
      offline,
      env: io.env,
      connect: connectWith(io, values),
      onEvent: (event) => reportEvent(io, event, values),
    });
    if (!done.ok) throw refusal(done, values);
    const { profile, from, isForward, mode = null, setAside = null } = done;
    if (setAside !== null) reportSetAside(io.note, setAside);
    const { team, name, version, digest } = profile;
    const path = pathOf(profile);
    printResult(
      io,
      values,
      { team, name, version, digest, from, mode, setAside },
      isForward
        ? `Moved ${path} forward again from ${from} to ${version}`
        : `Rolled back ${path} from ${from} to ${version}`,
    );
    return exit.ok;
  },
});

function reportEvent(io: Io, event: RollbackEvent, host: AdvisedHost): void {
  switch (event.kind) {
    case 'version-yanked':
      io.note(`Warning: ${event.version} was yanked: ${event.reason}`);
      break;
    case 'yank-unknown':
      io.note(`Could not check whether ${event.version} was yanked: ${event.reason}`);
      break;
    case 'step':
      io.note(event.step);
      break;
    default:
      reportHostEvent(io, event, host);
  }
}

function refusal(done: RollbackRefusal, values: { root?: string; trust?: string }): CliError {
  if (!('installation' in done)) return refused(done);
  const { id, reason, installation } = done;
  if (!('stored' in done)) {
    const next = trustAdvice(id, { ...installation, lacksKeys: done.lacksKeys }, values);
    return refused(done, { next });
  }
  if (id === 'already-installed') return refused(done);
  const { stored } = done;
  const [newer] = id === 'nothing-older' ? stored : [];
  const [one, more] =
    id === 'nothing-older'
      ? ['; a newer one is ', '; newer ones are ']
      : ['; the stored version is ', '; the stored versions are '];
  const also = stored.length === 1 ? one : more;
  const path = pathOf(installation);
  return new CliError(
    exit.failed,
    `${asSentence(reason)}${stored.length === 0 ? '' : `${also}${stored.join(', ')}`}.`,
    newer === undefined
      ? `To install another version: ${hostCommand(`pull ${path}@VERSION`, values)}`
      : `To go forward to ${newer}: ${hostCommand(`rollback ${path} --to ${newer}`, values)}`,
    id,
  );
}
