import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

const what = ['profiles', 'versions', 'bytes', 'changes', 'tokens', 'webhooks', 'hosts'] as const;

export const teamQuota = defineCommand({
  name: 'team quota',
  summary: 'Show or set a team’s quota (administrators)',
  args: [{ name: 'TEAM' }],
  usage:
    '[--profiles N] [--versions N] [--bytes N] [--changes N] [--tokens N] [--webhooks N] [--hosts N]',
  options: {
    profiles: { type: 'string', value: 'N', description: 'Maximum profiles' },
    versions: { type: 'string', value: 'N', description: 'Maximum versions' },
    bytes: { type: 'string', value: 'N', description: 'Maximum bytes stored' },
    changes: {
      type: 'string',
      value: 'N',
      description: 'Maximum other changes per day, such as channel moves',
    },
    tokens: {
      type: 'string',
      value: 'N',
      description: 'Maximum tokens, and new tokens per day',
    },
    webhooks: { type: 'string', value: 'N', description: 'Maximum webhooks' },
    hosts: { type: 'string', value: 'N', description: 'Maximum hosts that join it' },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'N is a number, or "default" for the registry’s limit for all teams. Changes are counted ' +
    'per day in UTC. A team with a limit of 0 versions or bytes can’t move channels or transfer ' +
    'profiles either. Yanks and revocations are never refused.',
  examples: ['aa-registry team quota platform', 'aa-registry team quota platform --profiles 50'],
  async run({ values, args: [team = ''], io }) {
    const change: { [K in (typeof what)[number]]?: number | null } = {};
    for (const name of what) {
      const text = values[name];
      if (text === undefined) continue;
      const maximum = Number.MAX_SAFE_INTEGER;
      change[name] = text === 'default' ? null : requireWholeNumber(name, text, { maximum });
    }
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const changes = Object.keys(change).length > 0;
    const quota = changes ? await client.setQuota(team, change) : await client.getQuota(team);
    if (json) {
      io.print(toJson(quota));
      return exit.ok;
    }
    for (const name of what) {
      const used = quota.used[name].toLocaleString('en');
      const limit = quota.limits[name].toLocaleString('en');
      io.print(`${name.padEnd(9)} ${used} of ${limit}`);
    }
    return exit.ok;
  },
});
