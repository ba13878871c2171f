import { compareReleases, isRelease, newestRelease, type Release } from '../../policy/release.ts';
import { element } from '../element.ts';
import { fetchBytes } from '../fetched.ts';
import type { Base } from './reply.ts';

const fetchJson = async (path: string) =>
  JSON.parse(new TextDecoder().decode(await fetchBytes(path)));

/** Fills a selection with the releases whose base policies the registry has, the newest first. Throws FetchError. */
export async function offerBases(select: HTMLSelectElement): Promise<void> {
  const { items } = (await fetchJson('/v1/bases')) as {
    items: { release: string; digest: string }[];
  };
  const known = items.filter((one): one is { release: Release; digest: string } =>
    isRelease(one.release),
  );
  known.sort((a, b) => compareReleases(b.release, a.release));
  select.prepend(
    ...known.map(({ release, digest }) =>
      element('option', { value: digest, 'data-release': release }, `AppArmor ${release}`),
    ),
  );
  select.selectedIndex = 0;
}

/** The selected base policy; without one, the newest release with no files. Throws FetchError. */
export async function selectedBase(select: HTMLSelectElement): Promise<Base> {
  const release = select.selectedOptions[0]?.dataset.release ?? '';
  if (!isRelease(release)) return { release: newestRelease, files: undefined };
  return { release, files: (await fetchJson(`/v1/bases/${select.value}`)).files };
}
