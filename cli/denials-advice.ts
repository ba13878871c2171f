// Advice on denials from the profiles of a host.
import type { IncludeResolver, ProfileModel } from '../policy/index.ts';
import { adviseOn, beyondRequest } from '../sdk/denials/advice.ts';
import type { Finding } from '../sdk/denials/finding.ts';
import { hostProfilesOf } from '../sdk/denials/label.ts';
import { type MissingIncludes, missingIncludes } from '../sdk/denials/missing-includes.ts';
import type { HostProfiles } from '../sdk/host/profile-on-host.ts';
import {
  type AdvisedFinding,
  findingJson,
  findingLines,
  profileHeading,
} from './denials-report.ts';
import { type Io, widthOf } from './terminal/io.ts';

/** The maximum number of profiles of a stack that are evaluated; those in use have two or three. */
const maxStacked = 16;

/**
 * Returns a function that advises on a finding about the profiles of a host. `keep`: what includes lack is kept for later
 * findings, as the profiles do not change meanwhile.
 */
export function denialAdviser(
  resolver: IncludeResolver,
  { generalise, keep }: { generalise: boolean; keep: boolean },
): (finding: Finding, profiles: HostProfiles) => Promise<AdvisedFinding> {
  const lacking = new Map<string, MissingIncludes>();
  const missingOf = (profile: ProfileModel | undefined, text: string) => {
    if (!profile) return [];
    const find = lacking.get(text) ?? missingIncludes(text, resolver);
    if (keep) lacking.set(text, find);
    return find(profile.node);
  };
  return async (finding, profiles) => {
    // Of a profile stack, the profile that denies the access is reported.
    let allowing: AdvisedFinding | undefined;
    for (const name of hostProfilesOf(finding).slice(0, maxStacked)) {
      const { model, onHost } = await profiles.profile(name);
      if (!onHost) continue;
      const missing = missingOf(model, onHost.text);
      const advice = adviseOn(finding, model, { generalise, missing });
      const beyond = beyondRequest(finding, advice, model);
      const advised = { finding, advice, beyond, onHost };
      if (advice.evaluation?.outcome !== 'allowed') return advised;
      allowing ??= advised;
    }
    const advice = () => adviseOn(finding, undefined, { generalise });
    return allowing ?? { finding, advice: advice(), beyond: undefined, onHost: undefined };
  };
}

/** Prints a finding as soon as it is found. */
export function showFinding(
  io: Io,
  format: 'text' | 'json',
  advised: AdvisedFinding,
  shown: Set<string>,
): void {
  if (format === 'json') {
    io.print(findingJson(advised));
    return;
  }
  const { finding, onHost } = advised;
  const [first = '', second = '', ...rest] = findingLines(advised, shown, widthOf(io.stdout));
  io.print(`${profileHeading(finding.profile, onHost)}`);
  // A finding that was explained before is not explained again.
  for (const line of [first, second, ...(finding.count === 1 ? rest : [])]) io.print(line);
}
