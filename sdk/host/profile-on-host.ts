import {
  type EffectiveProfile,
  effectiveProfiles,
  type IncludeResolver,
} from '../../policy/index.ts';
import { findDefinition } from './definitions.ts';
import { textInstalled } from './installed-text.ts';
import { BudgetError, PolicyBudget } from './policy-budget.ts';
import { type Installation, policyPlace, readRecords } from './state.ts';

/** A profile on this host. */
export interface ProfileOnHost {
  /** The file, below the root it was searched in. */
  file: string;
  text: string;
  /** The record of its installation; absent if this program did not install it. */
  installation?: Installation;
}

/**
 * The file that defines a profile on a host, by the kernel's name for it; for a hat or child, its parent's file.
 * `undefined` if none does, as for profiles that a container engine generates, or it can't be read.
 */
function findProfileOnHost(
  root: string,
  name: string,
  installed: readonly Installation[],
  left: PolicyBudget,
): ProfileOnHost | undefined {
  const installation = installed.find((one) => one.name === name);
  if (installation === undefined) {
    const found = findDefinition(policyPlace(root), name, undefined, left);
    return found?.text === undefined ? undefined : { file: found.path, text: found.text };
  }
  const { path, text } = textInstalled(root, installation);
  return text === undefined ? undefined : { file: path, text, installation };
}

/** The profiles of a host. Each file is read and each profile evaluated once. */
export interface HostProfiles {
  /** The file that defines a profile. */
  file: (profile: string) => Promise<ProfileOnHost | undefined>;
  /** The profile, hat or child of this name, with the rules of its file and includes. */
  profile: (
    profile: string,
  ) => Promise<{ onHost?: ProfileOnHost; effective?: EffectiveProfile | undefined }>;
  /** How many profiles and records were skipped because of the limits for an image. */
  unread: () => { profiles: number; records: number };
}

/** How often the largest allowed policy folder of an image is scanned; a usual one far more often. */
const looks = 4;

export function hostProfiles(root: string, resolver: IncludeResolver): HostProfiles {
  const files = new Map<string, ProfileOnHost | undefined>();
  const effective = new Map<string, EffectiveProfile[]>();
  let records: ReturnType<typeof readRecords> | undefined;
  // The author of an image determines how many profiles its log names. This host's own folder is root's.
  const left = root === '/' ? undefined : new PolicyBudget(policyPlace(root), looks);
  let isSpent = false;
  const unread = new Set<string>();
  const file = async (name: string) => {
    const [parent = ''] = name.split('//');
    if (files.has(parent)) return files.get(parent);
    records ??= readRecords(root);
    if (isSpent) {
      unread.add(parent);
      return undefined;
    }
    let found: ProfileOnHost | undefined;
    try {
      found = findProfileOnHost(
        root,
        parent,
        records.installed,
        left ?? new PolicyBudget(policyPlace(root)),
      );
    } catch (error) {
      // The first scan reports a folder that is too large for one.
      if (!(error instanceof BudgetError) || files.size === 0) throw error;
      isSpent = true;
      unread.add(parent);
      return undefined;
    }
    files.set(parent, found);
    return found;
  };
  return {
    file,
    unread: () => ({
      profiles: unread.size,
      records: (records?.unread ?? []).reduce((sum, { count }) => sum + count, 0),
    }),
    async profile(name) {
      const onHost = await file(name);
      if (!onHost) return {};
      const all = effective.get(onHost.file) ?? effectiveProfiles(onHost.text, resolver);
      effective.set(onHost.file, all);
      return { onHost, effective: all.find((one) => one.name === name) };
    },
  };
}
