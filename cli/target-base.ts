import { baseResolver, type IncludeResolver, type Release } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { shellWord } from '../sdk/shell-word.ts';
import { findTargetBase } from '../sdk/target-base.ts';
import { readTrust, trustPlace } from '../sdk/trust-file.ts';
import type { Values } from './framework/command.ts';
import { type includeOptions, includeResolver } from './include-options.ts';
import { defaultRegistry, openSession, registryOptions } from './session.ts';
import type { Io } from './terminal/io.ts';

/** The options for the base policy of `--target`, besides that option itself. */
export const targetBaseOptions = {
  ...registryOptions,
  offline: {
    type: 'boolean',
    description: 'With --target: use base policies fetched earlier; do not ask the registry',
  },
} as const;

/** The includes and the target release for the functions of policy/. */
export interface PolicyOptions {
  resolver: IncludeResolver;
  target?: Release;
  targetBase?: boolean;
}

/**
 * The options of policy's functions for a command's `--target`, `--base` and `--include`. For another release than this
 * machine's, the base policy is the registry's, if it has one; the command says on standard error which that is.
 *
 * @param release the release without `--target`, whose files are this machine's; by default the newest
 */
export async function policyOptions(
  io: Io,
  values: Values<typeof includeOptions & typeof targetBaseOptions> & {
    target?: Release | undefined;
  },
  release?: Release,
): Promise<PolicyOptions> {
  const { target, base, include = [], offline } = values;
  if (target === undefined) {
    const resolver = includeResolver(values);
    return release === undefined ? { resolver } : { resolver, target: release, targetBase: true };
  }
  if (base !== undefined) return { resolver: includeResolver(values), target, targetBase: true };
  const found = await findTargetBase(target, {
    env: io.env,
    offline,
    connect: async () => {
      const trust = await readTrust(trustPlace('/')).catch(() => undefined);
      return openSession(io, values, trust?.registry, { brief: true });
    },
  });
  switch (found.kind) {
    case 'host':
      return { resolver: includeResolver(values), target, targetBase: true };
    case 'registry': {
      const { files, digest, registry } = found;
      io.note(`Base policy of AppArmor ${target}: ${digest}, from ${registry}.`);
      const others = fileResolver({ include });
      const resolver = baseResolver(files, { label: `base-${target}`, others });
      return { resolver, target, targetBase: true };
    }
    case 'none': {
      const { reason, registry, unreachable } = found;
      // An unreachable default registry was never configured, so there is nothing to warn about.
      if (!unreachable || registry !== defaultRegistry) {
        io.note(
          `The base policy of AppArmor ${target} is not available: ${reason.replace(/^The /, 'the ')}.`,
        );
        if (!unreachable && !offline) {
          io.note(
            `An administrator can add it: aa-registry admin base import --release ${target} DIR --registry ${shellWord(registry)}`,
          );
        }
      }
      io.note(
        `Included files are read from this machine’s /etc/apparmor.d, which may not be those of AppArmor ${target}.`,
      );
      return { resolver: includeResolver(values), target, targetBase: false };
    }
  }
}
