import { type Client, RegistryError, UnreachableError } from '../../sdk/client.ts';
import type { InstallOptions } from '../../sdk/host/install.ts';
import { reinstall } from '../../sdk/host/reinstall.ts';
import { type Earlier, type Installation, wasLeft } from '../../sdk/host/state.ts';
import { changing, tellSetAside } from '../changing.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf, requireInstalled } from '../installed.ts';
import { currentView } from '../learn-revocations.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireTarget, rootOf, rootOption } from '../target.ts';
import type { Io } from '../terminal/io.ts';

export const rollback = defineCommand({
  name: 'rollback',
  summary: 'Roll back to the previously installed version',
  usage: 'NAME',
  args: { min: 1, max: 1 },
  options: {
    to: { type: 'string', value: 'VERSION', description: 'Go back to this one instead' },
    offline: {
      type: 'boolean',
      description:
        'Do not ask the registry: neither whether it was yanked nor which keys are revoked',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Needs no network: the versions before are kept with what proves them, and are proved again, with the keys that ' +
    'the registry or, without it, this host knows to be revoked. Another rollback goes further back, and says so where ' +
    'there is nothing older; only --to goes to a version that a rollback has left. "sync" and "lock" keep to the version ' +
    'that was gone back to until there is a newer one than what was left; "pull" goes wherever it is told.',
  examples: [
    'sudo aa-registry rollback docker-nginx',
    'sudo aa-registry rollback docker-nginx --to 1.0.0',
  ],
  async run({ values, args: [text = ''], io }) {
    const root = rootOf(values.root);
    await requireTarget(root);
    const trust = await requireTrust(values, root);
    return changing(io, root, { ...values, trust }, async () => {
      const installation = await requireInstalled(root, text);
      const path = pathOf(installation);
      const release = chooseEarlier(installation, path, values.to);
      const isForth = wasLeft(installation, release);
      const client = values.offline
        ? undefined
        : await openSession(io, values, trust.registry, { brief: true });
      if (client) await askAbout(io, client, installation, release);
      const view = await currentView(io, client, root, trust, [installation.team]);
      const options: InstallOptions = {
        root,
        reference: installation.reference,
        // Forth again, as --to may go, is no rollback: sync follows the registry as before.
        rolledBackFrom: isForth ? undefined : installation.version,
        onStep: io.tell,
      };
      const done = await reinstall(installation, release, view, options);
      if (!done.ok) {
        throw new CliError(
          done.id === 'not-kept' ? exit.failed : exit.refused,
          `Refused, nothing was changed: ${done.reason} [${done.id}].`,
          trustAdvice(
            done.id,
            { ...installation, trust, revoked: [view.revoked.get(installation.team)] },
            values,
          ),
          done.id,
        );
      }
      const { mode = null, setAside = null } = done;
      if (setAside !== null) tellSetAside(io.tell, setAside);
      const { team, name, version: from } = installation;
      const { version, digest } = release;
      answer(
        io,
        values,
        { team, name, version, digest, from, mode, setAside },
        isForth
          ? `Put ${path} at ${version} again, from ${from}`
          : `Rolled back ${path} from ${from} to ${version}`,
      );
      return exit.ok;
    });
  },
});

function chooseEarlier(installation: Installation, path: string, to: string | undefined): Earlier {
  const { version, earlier } = installation;
  const release = earlier.find((one) =>
    to === undefined ? !wasLeft(installation, one) : one.version === to,
  );
  if (release) return release;
  if (to === version) throw new CliError(exit.failed, `${path} is at ${version} already.`);
  const known = earlier.map((one) => one.version).join(', ');
  const left = known === '' ? '' : `; --to goes to what a rollback has left: ${known}`;
  throw new CliError(
    exit.failed,
    to === undefined
      ? `This host has kept nothing older of ${path} than ${version}${left}.`
      : `${path}@${to} was not installed here${known === '' ? '' : `; kept are ${known}`}.`,
    `Another version comes with: aa-registry pull ${path}@VERSION`,
    to === undefined ? 'nothing-older' : 'not-kept',
  );
}

/** Says when the registry has taken back the version to go to. That it can't be asked stops nobody. */
async function askAbout(
  io: Io,
  client: Client,
  { team, name }: Installation,
  { version }: Earlier,
): Promise<void> {
  try {
    const { yankReason } = await client.getVersion({ team, name, version });
    if (yankReason !== null) io.tell(`Warning: ${version} was yanked: ${yankReason}`);
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    io.tell(`Not known whether ${version} was yanked since: ${error.message}`);
  }
}
