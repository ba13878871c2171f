import { compareVersions, type Digest, type Reference } from '../trust/index.ts';
import { type Drift, describeDrift, isAsInstalled } from './host/drift.ts';
import { type Installation, isHeldFrom, versionDigestOf } from './host/installation.ts';
import type { Resolution } from './resolve/index.ts';
import type { UpdateRule } from './update-rule.ts';

/** A wanted profile and what it resolves to; no resolution if the registry could not be reached. */
export interface Want {
  reference: Reference;
  complain: boolean;
  /** Which updates are installed without approval. */
  updates: UpdateRule;
  /** The locked version, which takes precedence over the resolution. */
  locked: { version: string; digest: Digest } | undefined;
  meaning: Resolution | undefined;
  /** Whether it is here only because other packages need it. */
  isNeeded?: boolean | undefined;
}

/** The current state of a host. */
export interface Have {
  installation: Installation;
  drift: Drift;
  /** The variant that the host should have instead of the installed one, by its oldest release, if that is another. */
  variant?: string | undefined;
}

/** One step of a sync, or a note on why there is none. */
export type Step =
  | { kind: 'install'; reference: Reference; version: string; complain: boolean }
  | {
      kind: 'update';
      have: Have;
      reference: Reference;
      version: string;
      complain: boolean;
      /** What is done if the update is not installed: the installed version is repaired. */
      otherwise: Step[];
    }
  /** Reinstalls the same version from the version store. */
  | { kind: 'repair'; have: Have; reference: Reference; complain: boolean; problems: string[] }
  | { kind: 'remove'; have: Have }
  /** Nothing is done, for this reason. */
  | { kind: 'note'; reference: Reference; text: string; failure?: NoteFailure | undefined };

/** Why a note counts as a failure. */
export type NoteFailure = 'not-installed' | 'rolled-back';

/** Plans the steps that bring a host to the wanted state. Pure and deterministic. */
export function planSync(wants: readonly Want[], haves: readonly Have[]): Step[] {
  const steps = wants.flatMap((want) => {
    const have = haves.find(
      ({ installation: { team, name } }) =>
        team === want.reference.team && name === want.reference.name,
    );
    return have ? planPresent(want, have) : planAbsent(want);
  });
  for (const have of haves) {
    const { team, name, origin } = have.installation;
    const wanted = wants.some(
      ({ reference }) => reference.team === team && reference.name === name,
    );
    if (!wanted && origin === 'sync') steps.unshift({ kind: 'remove', have });
  }
  return steps;
}

function planAbsent({ reference, complain, locked, meaning }: Want): Step[] {
  if (!meaning)
    return [
      note(reference, 'is not installed, and the registry cannot be reached', 'not-installed'),
    ];
  if (!meaning.ok) return [note(reference, `is not installed: ${meaning.reason}`, 'not-installed')];
  if (meaning.yanked !== undefined && !isExact(reference) && !locked) {
    return [
      note(
        reference,
        `is not installed: ${meaning.version} was yanked: ${meaning.yanked}`,
        'not-installed',
      ),
    ];
  }
  return [{ kind: 'install', reference, version: meaning.version, complain }];
}

function planPresent(want: Want, have: Have): Step[] {
  const { reference, meaning } = want;
  const { installation } = have;
  // What the operator of this host set with "complain" stays until "enforce".
  const isChosen = !want.complain && installation.complainChosen === true;
  const complain = want.complain || isChosen;
  const wanted = versionWanted(want, have);
  const repairs = planRepair(have, reference, complain);
  const { update } = wanted;
  const steps: Step[] =
    update === undefined
      ? repairs
      : [{ kind: 'update', have, reference, version: update, complain, otherwise: repairs }];
  if (wanted.note !== undefined) steps.push(note(reference, wanted.note, wanted.failure));
  if (isChosen) {
    const text = 'stays in complain mode, as set on this host; "enforce" ends that';
    steps.push(note(reference, text));
  }
  if (meaning && !meaning.ok) {
    const text = `stays at ${installation.version}: ${meaning.reason}`;
    steps.push(note(reference, text, 'not-installed'));
  }
  return steps;
}

/** What brings the installed version into its recorded state, and into the wanted mode. */
function planRepair(have: Have, reference: Reference, complain: boolean): Step[] {
  const isWantedMode = complain === have.installation.complain;
  const problems = isAsInstalled(have.drift) ? [] : describeDrift(have.drift);
  if (!isWantedMode) problems.push(`it is ${complain ? 'not ' : ''}in complain mode`);
  if (problems.length === 0) return [];
  // A profile that the operator disabled stays disabled.
  const onlyDisabled =
    have.drift.boot === 'disabled' && isAsInstalled({ ...have.drift, boot: 'ok' }) && isWantedMode;
  if (onlyDisabled) return [note(reference, problems.join('; '))];
  return [{ kind: 'repair', have, reference, complain, problems }];
}

/** The version to change to, or why it stays. */
function versionWanted(
  { reference, locked, meaning }: Want,
  { installation, variant }: Have,
): { update?: string; note?: string; failure?: NoteFailure } {
  const { version, rolledBackFrom } = installation;
  if (!meaning?.ok) return {};
  if (meaning.version === version && meaning.digest === versionDigestOf(installation)) {
    if (variant !== undefined) return { update: version };
    return meaning.yanked === undefined ? {} : { note: `${version} was yanked: ${meaning.yanked}` };
  }
  const { version: next } = meaning;
  if (isHeldFrom(installation, next)) {
    const held = `stays at ${version}, which it was rolled back to from ${rolledBackFrom}`;
    if (!locked && !isExact(reference)) return { note: held };
    // The file and the host's state contradict each other, so the operator must decide.
    const chosen = locked ? `is locked to ${next}` : `is set to ${next} in profiles.toml`;
    const stay = locked
      ? 'to lock the version it was rolled back to, run "lock" on this host'
      : 'to stay, set that version in profiles.toml';
    const advice = `to move on, run "pull"; ${stay}`;
    return { note: `${chosen} and ${held}; ${advice}`, failure: 'rolled-back' };
  }
  if (locked || isExact(reference)) return { update: next };
  if (meaning.yanked !== undefined) {
    return { note: `stays at ${version}: ${next} was yanked: ${meaning.yanked}` };
  }
  if (compareVersions(next, version) < 0) {
    return { note: `stays at ${version}: the registry offers ${next}, which is older` };
  }
  return { update: next };
}

function isExact({ selector }: Reference): boolean {
  return selector.kind === 'version' || selector.kind === 'digest';
}

function note(reference: Reference, text: string, failure?: NoteFailure): Step {
  return { kind: 'note', reference, text, failure };
}
