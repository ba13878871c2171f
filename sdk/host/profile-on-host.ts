import { type IncludeResolver, model, type ProfileModel } from '../../policy/index.ts';
import { definitionFinder } from './definitions.ts';
import { type Installation, profilesOf } from './installation.ts';
import { textInstalled } from './installed-text.ts';
import { policyPlace, readRecords } from './state.ts';

/** A profile on this host. */
export interface ProfileOnHost {
  /** The file, below the root it was searched in. */
  file: string;
  text: string;
  /** The record of its installation; absent if this program did not install it. */
  installation?: Installation;
}

/** The profiles of a host. Each file is read, and its model computed, once. */
export interface HostProfiles {
  /** The file that defines a profile. */
  file: (profile: string) => Promise<ProfileOnHost | undefined>;
  /** The model of the profile, hat or child of this name; included files that are missing count as empty. */
  profile: (
    profile: string,
  ) => Promise<{ onHost?: ProfileOnHost; model?: ProfileModel | undefined }>;
  /** How many records were skipped because of the limits for an image. */
  unreadRecords: () => number;
}

export function hostProfiles(root: string, resolver: IncludeResolver): HostProfiles {
  const files = new Map<string, ProfileOnHost | undefined>();
  const models = new Map<string, readonly ProfileModel[]>();
  let records: ReturnType<typeof readRecords> | undefined;
  const definition = definitionFinder(policyPlace(root));
  /**
   * The file that defines a profile, by the kernel's name for it. `undefined` if none does, as for profiles that a
   * container engine generates, or it can't be read.
   */
  const find = (name: string): ProfileOnHost | undefined => {
    records ??= readRecords(root);
    const installation = records.installed.find((one) => profilesOf(one).includes(name));
    if (installation === undefined) {
      const found = definition(name);
      return found?.text === undefined ? undefined : { file: found.path, text: found.text };
    }
    const { path, text } = textInstalled(root, installation);
    return text === undefined ? undefined : { file: path, text, installation };
  };
  const file = async (name: string) => {
    // A hat or child is in its parent's file.
    const [parent = ''] = name.split('//');
    if (!files.has(parent)) files.set(parent, find(parent));
    return files.get(parent);
  };
  return {
    file,
    unreadRecords: () => (records?.unread ?? []).reduce((sum, { count }) => sum + count, 0),
    async profile(name) {
      const onHost = await file(name);
      if (!onHost) return {};
      const all =
        models.get(onHost.file) ?? model(onHost.text, { resolver, presume: true }).profiles;
      models.set(onHost.file, all);
      return { onHost, model: all.find((one) => one.name === name) };
    },
  };
}
