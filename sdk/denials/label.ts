// The kernel's labels of processes: one profile, or a stack of several.

/** The profiles of a label such as `a//&:ns:b`. */
export function profilesOf(label: string): string[] {
  return label.split('//&');
}

/**
 * The label whose rules apply. A program that a profile in complain mode started without a rule for it gets the
 * temporary name `profile//null-/path`; its label is the profile that started it.
 */
export function ruledBy(label: string): string {
  const profiles = profilesOf(label).map((profile) => {
    const at = profile.indexOf('//null-');
    return at < 0 ? profile : profile.slice(0, at);
  });
  return [...new Set(profiles)].join('//&');
}

/**
 * The profiles of a label with rules on this host: not those of another namespace, and not `unconfined`, which allows
 * everything.
 */
export function rulingProfiles(label: string): string[] {
  return profilesOf(ruledBy(label)).filter((one) => one !== 'unconfined' && !one.startsWith(':'));
}

/**
 * The profiles of this host that decided an event. The kernel names a profile's namespace unless it is the host's own;
 * there, a profile of the same name is a different one.
 */
export function hostProfilesOf({
  profile,
  namespace,
}: {
  profile: string | undefined;
  namespace: string | undefined;
}): string[] {
  return namespace === undefined && profile !== undefined ? rulingProfiles(profile) : [];
}

/**
 * Whether one of a label's profiles is this one, a hat or child of it, or a program that it started in complain mode.
 */
export function isOf(label: string | undefined, profile: string): boolean {
  if (label === undefined) return false;
  return [label, ...profilesOf(label)].some(
    (one) => one === profile || one.startsWith(`${profile}//`),
  );
}
