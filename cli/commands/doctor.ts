import { readConfiguration } from '../../sdk/config.ts';
import type { Finding } from '../../sdk/doctor/check.ts';
import { examineHost } from '../../sdk/doctor/host.ts';
import { examineRegistry } from '../../sdk/doctor/registry.ts';
import { proxyFor } from '../../sdk/network.ts';
import { readHostTrust } from '../../sdk/trust-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { showQuietDenials } from '../quiet-denials.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireRoot, rootOption } from '../target.ts';
import { type Io, visible, wantsColor, widthOf } from '../terminal/io.ts';
import { wrap } from '../terminal/wrap.ts';

/** How long refusals of a profile are logged, in seconds. */
const defaultSeconds = 60;

const colors = { ok: 32, warn: 33, fail: 31 } as const;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Diagnose problems on this host, or with an installed profile',
  args: [{ name: 'NAME', optional: true }],
  options: {
    ...registryOptions,
    root: rootOption,
    offline: { type: 'boolean', description: 'Do not contact the registry' },
    container: {
      type: 'string',
      value: 'NAME',
      description: 'Only refusals of this running container',
    },
    seconds: {
      type: 'string',
      value: 'N',
      description: `How long to log refusals (default ${defaultSeconds})`,
    },
    format: formatOption,
  },
  details:
    'Checks the kernel, apparmor_parser, permissions, the trust file, installed profiles, ' +
    'Docker, the network, the registry and the clock. Changes nothing. Exits with 1 if a check ' +
    'fails. With NAME, shows what the deny rules of that installed profile refuse, which the kernel ' +
    'does not log otherwise: it temporarily loads a copy of the profile with "audit" before each deny ' +
    'rule, then the installed profile again.',
  examples: [
    'sudo aa-registry doctor',
    'aa-registry doctor --offline --format json',
    'sudo aa-registry doctor docker-nginx --container web',
  ],
  async run({ values, args: [name], io }) {
    const json = values.format === 'json';
    if (name !== undefined) {
      const { seconds, container, format = 'text' } = values;
      if (values.root !== undefined) {
        throw new CliError(
          exit.usage,
          'NAME needs a running kernel and can’t be combined with --root.',
        );
      }
      return showQuietDenials(io, name, {
        container,
        seconds: requireWholeNumber('seconds', seconds ?? `${defaultSeconds}`, {
          minimum: 1,
          maximum: 3600,
        }),
        format,
      });
    }
    if (values.container !== undefined || values.seconds !== undefined) {
      throw new CliError(exit.usage, '--container and --seconds require NAME.');
    }
    const root = await requireRoot(values.root);
    const findings = await examineHost(
      root,
      process.getuid?.() ?? 0,
      values.registry ?? io.env.AA_REGISTRY,
    );
    if (!values.offline) {
      // A damaged trust file has its own finding.
      const trust = await readHostTrust(root).catch(() => undefined);
      const client = await openSession(io, values, trust?.registry);
      const { network } = await readConfiguration(io.env);
      const proxy = proxyFor(client.registry, io.env, network);
      findings.push(...(await examineRegistry(client, trust, proxy)));
    }
    const failed = findings.some(({ result }) => result === 'fail');
    if (json) io.print(toJson({ ok: !failed, findings }));
    else for (const finding of findings) io.stdout.write(`${lines(finding, io).join('\n')}\n`);
    return failed ? exit.failed : exit.ok;
  },
});

function lines({ result, found, next }: Finding, io: Io): string[] {
  const indent = '      ';
  const width = widthOf(io.stdout);
  // Text from a registry may be arbitrarily long.
  const details = `${indent}${visible(found.slice(0, 1000))}`;
  const [first = '', ...more] = wrap(details, width, indent);
  const word = result.padEnd(indent.length);
  const shown = wantsColor(io, io.stdout) ? `\u001b[${colors[result]}m${word}\u001b[0m` : word;
  return [
    `${shown}${first.slice(indent.length)}`,
    ...more,
    ...(next === undefined ? [] : wrap(`${indent}${visible(next)}`, width, indent)),
  ];
}
