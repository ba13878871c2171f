import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

const what = ['profiles', 'versions', 'bytes', 'changes', 'tokens', 'webhooks'] as const;

export const teamQuota = defineCommand({
  name: 'team quota',
  summary: 'Show or set a team’s quota (administrators)',
  args: [{ name: 'TEAM' }],
  usage: '[--profiles N] [--versions N] [--bytes N] [--changes N] [--tokens N] [--webhooks N]',
  options: {
    profiles: { type: 'string', value: 'N', description: 'Let it have so many profiles' },
    versions: { type: 'string', value: 'N', description: 'Let it have so many versions' },
    bytes: { type: 'string', value: 'N', description: 'Let it store so many bytes' },
    changes: {
      type: 'string',
      value: 'N',
      description: 'Let it make so many other changes a day, such as channel moves',
    },
    tokens: {
      type: 'string',
      value: 'N',
      description: 'Let it have so many tokens, and make as many in a day',
    },
    webhooks: { type: 'string', value: 'N', description: 'Let it have so many webhooks' },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'N is a number, or "default" to go back to the limit that the registry gives every team. Changes are counted by ' +
    'the day, in UTC. A team that may have no versions or no bytes can’t move channels or transfer profiles either; ' +
    'what takes something back, such as a yank or a revocation, is never refused.',
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
