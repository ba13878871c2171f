import { type VerifiedPackage, type VerifyOptions, verifyAll } from '../sdk/calls/verify.ts';
import { formatReference } from '../trust/index.ts';
import { copyAdvice } from './bundle-file.ts';
import type { Values } from './framework/command.ts';
import { reportHostEvent, reportVariant } from './host-events.ts';
import { trustAdvice, type trustOption } from './host-trust.ts';
import { connectMirrorWith, mirrorLimits } from './mirror.ts';
import { refused } from './refused.ts';
import { connectWith, type registryOptions } from './session.ts';
import { rootOf, type rootOption } from './target.ts';
import type { Io } from './terminal/io.ts';

type VerifyValues = Values<typeof registryOptions> &
  Partial<Values<{ trust: typeof trustOption; root: typeof rootOption }>> &
  Pick<VerifyOptions, 'bundle' | 'from' | 'offline' | 'target'>;

/**
 * Fetches and verifies profiles as `verify` does: those that the references name, or without any those of the bundle.
 * Ends the command with the reason and advice if one is refused.
 */
export async function requireVerified(
  io: Io,
  references: readonly string[],
  values: VerifyValues,
): Promise<VerifiedPackage[]> {
  const { bundle, from, offline, trust, registry, target } = values;
  const verified = await verifyAll(references, {
    root: rootOf(values.root),
    trust,
    registry,
    bundle,
    from,
    offline,
    target,
    env: io.env,
    connect: connectWith(io, values),
    connectMirror: connectMirrorWith(io, values),
    onEvent: (event) => {
      if (event.kind === 'yanked') {
        const reference = formatReference(event.reference);
        io.note(`Warning: ${reference} was yanked: ${event.reason}`);
      } else if (event.kind === 'variant') {
        reportVariant(io.note, event);
      } else if (event.kind === 'verified' && from !== undefined) {
        io.note(mirrorLimits(event.profile.checkpointTime));
      } else if (!('at' in event) && event.kind !== 'started' && event.kind !== 'verified') {
        reportHostEvent(io, event, values);
      }
    },
  });
  if (verified.ok) return verified.profiles;
  if (!('reference' in verified)) throw refused(verified);
  const { id, reference, seen, lacksKeys } = verified;
  const next = copyAdvice(values, id, seen) ?? trustAdvice(id, { ...reference, lacksKeys }, values);
  throw refused(verified, { consequence: '', next });
}
