import { readFileAtMost } from '../sdk/bounded-file.ts';
import {
  type Bundle,
  bundledReferences,
  evidenceIn,
  findBundled,
  largestBundle,
  parseBundle,
} from '../sdk/bundle.ts';
import { type Verified, verifyEvidence } from '../sdk/fetch.ts';
import type { SeveralView } from '../sdk/fetch-several.ts';
import { type Evidence, formatReference, type Reference } from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';

export const offlineOption = {
  type: 'boolean',
  description: 'With --bundle: do not ask the registry which keys were revoked since',
} as const;

/** A usage error when --offline is given without --bundle: then there is no source. */
export function requireOfflineBundle(values: {
  offline?: boolean | undefined;
  bundle?: string | undefined;
}): void {
  if (!values.offline || values.bundle !== undefined) return;
  throw new CliError(exit.usage, '--offline goes with --bundle: nothing else is at hand.');
}

/** The bundle in a file; the command ends where it holds none. */
export async function openBundle(file: string): Promise<Bundle> {
  const bundle = parseBundle((await readFileAtMost(file, largestBundle)).toString());
  if (bundle) return bundle;
  throw new CliError(exit.failed, `${file} is no bundle of aa-registry.`, undefined, 'no-bundle');
}

/** What is wanted of a bundle, and how to have it proved. */
export interface Bundled {
  references: Reference[];
  verify: (view: SeveralView) => Promise<Verified[]>;
}

/** What these references mean in a bundle's file, or all that it has; the command ends where it lacks one. */
export async function fromBundle(file: string, named: Reference[]): Promise<Bundled> {
  const bundle = await openBundle(file);
  const references = named.length > 0 ? named : bundledReferences(bundle);
  const places: number[] = [];
  for (const reference of references) {
    if (reference.selector.kind === 'channel') {
      const why = 'A bundle does not say what a channel names';
      throw new CliError(exit.usage, `${why}; name a version of ${reference.name}, or none.`);
    }
    const at = await findBundled(bundle, reference);
    if (at < 0) throw new CliError(exit.failed, `${file} has no ${formatReference(reference)}.`);
    places.push(at);
  }
  return {
    references,
    verify: async (view) => {
      const all = evidenceIn(bundle, view.seen?.size ?? 0);
      return Promise.all(
        references.map((reference, index) =>
          verifyEvidence(all[places[index] ?? 0] as Evidence, reference, {
            ...view,
            installed: view.installed(reference),
          }),
        ),
      );
    },
  };
}

/** What to do when a bundle does not prove that the log has only grown since it was last seen. */
export function bundleAdvice(id: string, seen: { size: number } | undefined): string | undefined {
  if (id === 'log-rolled-back') {
    return 'The bundle is older than what was seen of the log here: make it again with "aa-registry bundle".';
  }
  if (id !== 'log-inconsistent') return undefined;
  const size = seen?.size ?? 'SIZE';
  return `Make the bundle with a proof from what was seen of the log here: aa-registry bundle REF… -o FILE --since ${size}`;
}
