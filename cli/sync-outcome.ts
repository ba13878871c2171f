// What a sync did or would do with one profile, as text.

import { attachmentsIn, describeAttachments } from '../sdk/attachments.ts';
import type { Synced } from '../sdk/calls/sync.ts';
import { textInstalled } from '../sdk/host/installed-text.ts';
import type { AdvisedHost } from '../sdk/host-command.ts';
import type { VerifiedProfile } from '../sdk/resolve/index.ts';
import type { Step } from '../sdk/sync-plan.ts';
import type { SyncOutcome } from '../sdk/sync-report.ts';
import { holdAdvice } from '../sdk/update-gate.ts';
import { compareVersions } from '../trust/index.ts';
import { reportSetAside } from './host-events.ts';
import { pathOf } from './installed.ts';
import { describeChange } from './policy-comparison.ts';
import { diffOf } from './terminal/diff.ts';
import type { Io } from './terminal/io.ts';
import { printText } from './terminal/table.ts';

/** Whether something changes, or would. */
export function isChange({ step, result }: SyncOutcome): boolean {
  return step.kind !== 'note' && (result.ok || result.waiting === undefined);
}

/** Prints what was done. */
export function reportOutcome(
  io: Io,
  { step, result, profile }: SyncOutcome,
  { lockFile, host }: { lockFile: string | undefined; host: AdvisedHost },
): void {
  const what = describe(step, lockFile);
  if (step.kind === 'note') {
    io.note(result.ok ? what : `Warning: ${what}`);
    return;
  }
  if (!result.ok) {
    io.note(`Not ${verbOf(step).done}: ${what}: ${result.reason} [${result.id}]`);
    if (result.waiting && step.kind !== 'remove') {
      const installation = 'have' in step ? step.have.installation : undefined;
      const { version } = result.waiting;
      io.note(holdAdvice({ ...step.reference, version }, { installation, host }));
    }
    return;
  }
  const { done } = verbOf(step);
  printText(io, `${done[0]?.toUpperCase()}${done.slice(1)} ${what}`);
  if (profile) reportAttachments(io, profile);
  if (result.setAside !== undefined) reportSetAside(io.note, result.setAside);
}

function reportAttachments(io: Io, profile: VerifiedProfile): void {
  const attached = describeAttachments(attachmentsIn(profile));
  if (attached !== undefined) io.note(`${pathOf(profile)} ${attached}.`);
}

const verbs = {
  install: { todo: 'install', done: 'installed' },
  update: { todo: 'update', done: 'updated' },
  repair: { todo: 'repair', done: 'repaired' },
  downgrade: { todo: 'downgrade', done: 'downgraded' },
  remove: { todo: 'remove', done: 'removed' },
};

function verbOf(step: Exclude<Step, { kind: 'note' }>) {
  return verbs[isDowngrade(step) ? 'downgrade' : step.kind];
}

function isDowngrade(step: Step): boolean {
  return (
    step.kind === 'update' && compareVersions(step.version, step.have.installation.version) < 0
  );
}

/** The profile and versions of a step; for a downgrade that the lock file requires, also the lock file. */
function describe(step: Step, lockFile: string | undefined): string {
  switch (step.kind) {
    case 'install':
      return `${pathOf(step.reference)} ${step.version}`;
    case 'update':
      if (step.version === step.have.installation.version && step.have.variant !== undefined)
        return `${pathOf(step.reference)} ${step.version} to its variant for AppArmor ${step.have.variant} and newer`;
      return `${pathOf(step.reference)} from ${step.have.installation.version} to ${step.version}${
        isDowngrade(step) && lockFile !== undefined ? `, as ${lockFile} says` : ''
      }`;
    case 'repair':
      return `${pathOf(step.reference)} ${step.have.installation.version}: ${step.problems.join('; ')}`;
    case 'remove':
      return `${pathOf(step.have.installation)} ${step.have.installation.version}`;
    case 'note':
      return `${pathOf(step.reference)} ${step.text}`;
  }
}

/** Prints what would be done, with the changes of each text and of what it permits. */
export function showPlan(io: Io, root: string, report: Synced, host: AdvisedHost): void {
  const { lockFile } = report;
  for (const outcome of report.outcomes) {
    const { step, result, profile, policy } = outcome;
    if (!result.ok || step.kind === 'note') reportOutcome(io, outcome, { lockFile, host });
    else printText(io, `Would ${verbOf(step).todo} ${describe(step, lockFile)}`);
    if (result.ok && profile) reportAttachments(io, profile);
    const patch = profile && changeOf(root, profile);
    if (patch) io.print(patch.trimEnd());
    if (policy && step.kind === 'update')
      for (const line of describeChange(policy, step.have.installation.version)) io.print(line);
  }
}

/** The change of the installed file, as a diff. */
export function changeOf(root: string, profile: VerifiedProfile): string {
  const { path, text } = textInstalled(root, profile);
  return diffOf(path, text, profile.bytes, profile.version);
}
