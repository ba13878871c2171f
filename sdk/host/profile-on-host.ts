import {
  type EffectiveProfile,
  effectiveProfiles,
  type IncludeResolver,
} from '../../policy/index.ts';
import { findDefinition } from './definitions.ts';
import { textInstalled } from './installed-text.ts';
import { type Installation, listInstallations, policyPlace } from './state.ts';

/** A profile as this host has it. */
export interface ProfileOnHost {
  /** The file, below the root it was looked for in. */
  file: string;
  text: string;
  /** What this program wrote down when it installed it; absent when somebody else did. */
  installation?: Installation;
}

/**
 * The file that defines a profile on a host, by the name that the kernel shows; of a hat or child, its parent's.
 * `undefined` when there is none, as for profiles that a container engine has made up, or when it can't be read.
 */
async function findProfileOnHost(
  root: string,
  profile: string,
): Promise<ProfileOnHost | undefined> {
  const [name = ''] = profile.split('//');
  const installed = await listInstallations(root);
  const installation = installed.find((one) => one.name === name);
  if (installation === undefined) {
    const found = findDefinition(policyPlace(root), name, undefined);
    return found?.text === undefined ? undefined : { file: found.path, text: found.text };
  }
  const { path, text } = textInstalled(root, installation);
  return text === undefined ? undefined : { file: path, text, installation };
}

/** The profiles of a host, each file read and each profile worked out once. */
export interface HostProfiles {
  /** The file that defines a profile. */
  file: (profile: string) => Promise<ProfileOnHost | undefined>;
  /** The profile, hat or child of this name, with the rules that its file and includes give it. */
  profile: (
    profile: string,
  ) => Promise<{ onHost?: ProfileOnHost; effective?: EffectiveProfile | undefined }>;
}

export function hostProfiles(root: string, resolver: IncludeResolver): HostProfiles {
  const files = new Map<string, Promise<ProfileOnHost | undefined>>();
  const effective = new Map<string, EffectiveProfile[]>();
  const file = (name: string) => {
    const [parent = ''] = name.split('//');
    const found = files.get(parent) ?? findProfileOnHost(root, parent);
    files.set(parent, found);
    return found;
  };
  return {
    file,
    async profile(name) {
      const onHost = await file(name);
      if (!onHost) return {};
      const all = effective.get(onHost.file) ?? effectiveProfiles(onHost.text, resolver);
      effective.set(onHost.file, all);
      return { onHost, effective: all.find((one) => one.name === name) };
    },
  };
}
