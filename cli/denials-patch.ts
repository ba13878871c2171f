// Adds rules for denied accesses to a profile's file, ready for lint and publish.

import { stat } from 'node:fs/promises';
import {
  type IncludeResolver,
  type LintOptions,
  type LintResult,
  lint,
  model,
  packageOptions,
} from '../policy/index.ts';
import type { Finding } from '../sdk/denials/finding.ts';
import { adviceOnMaker } from '../sdk/denials/generated-profiles.ts';
import { hostProfilesOf, isOf, ruledBy } from '../sdk/denials/label.ts';
import { missingIncludes } from '../sdk/denials/missing-includes.ts';
import { type Addition, patch, wantedBy } from '../sdk/denials/patch.ts';
import { followLink, ifPresent, writeOutput } from '../sdk/files.ts';
import type { HostProfiles } from '../sdk/host/profile-on-host.ts';
import { profileText, readPackageFolder, readProfile } from '../sdk/package-folder.ts';
import { rewriteProfile } from '../sdk/profile-file.ts';
import { shellWord } from '../sdk/shell-word.ts';
import { listed, spelt } from './denials-report.ts';
import { CliError, exit } from './framework/command.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/** The text to patch, and the file for the result. */
export interface PatchTarget {
  /** The argument: a profile or a package folder. */
  named: string;
  file: string;
  text: string;
  /** Whether the file does not exist yet. */
  isNew: boolean;
  /** The options with which lint checks it, if a package was named. */
  package?: LintOptions;
}

/**
 * The profile or package to patch. With `copy` it must not exist, and starts as a copy of the installed profile `only`.
 */
export async function patchTarget(
  named: string,
  host: HostProfiles,
  { only, copy }: { only: string | undefined; copy: boolean },
): Promise<PatchTarget> {
  const found = await ifPresent(stat(named));
  if (found) {
    if (copy)
      throw new CliError(exit.failed, `${named} already exists; --copy creates a new file.`);
    const folder = found.isDirectory() ? await readPackageFolder(named) : undefined;
    const file = folder?.file ?? named;
    const text = folder ? profileText(folder) : (await readProfile(file)).text;
    return { named, file, text, isNew: false, ...(folder && { package: packageOptions(folder) }) };
  }
  const missing = `${named} does not exist`;
  if (only === undefined) {
    const next =
      'Name an existing profile or package folder. To create a package: aa-registry init';
    throw new CliError(exit.failed, `${missing}; nothing was written.`, next, 'file-missing');
  }
  const onHost = await host.file(only);
  // A mistyped folder must not become a new file beside the package.
  if (onHost && !copy) {
    const next = `Name an existing profile or package folder. To create ${named} from the installed ${only}, add --copy.`;
    throw new CliError(exit.failed, `${missing}; nothing was written.`, next, 'file-missing');
  }
  if (!onHost) {
    throw new CliError(
      exit.failed,
      `${missing}, and no file in /etc/apparmor.d defines ${only}.`,
      adviceOnMaker(only, false),
    );
  }
  return { named, file: named, text: onHost.text, isNew: true };
}

/** Refuses a file without the requested profile, or without any of the profiles of the findings. */
export function requireProfiles(
  { file, text }: PatchTarget,
  {
    only,
    found,
    named,
  }: {
    only: string | undefined;
    found: readonly Finding[];
    /** The profiles in the log. */
    named: readonly string[];
  },
): void {
  const defined = model(text).profiles.map(({ name }) => name);
  const has = defined.length === 0 ? 'no profile' : `only ${listed(defined)}`;
  const denied = [...new Set(found.flatMap(hostProfilesOf))];
  if (only !== undefined && !defined.some((one) => isOf(one, ruledBy(only)))) {
    throw new CliError(
      exit.failed,
      visibleLine(
        `${file} does not define ${spelt(only)}; it defines ${has}. Nothing was written.`,
      ),
      named.length === 0
        ? 'The log has no denials.'
        : `The log has events of these profiles: ${listed(named)}.`,
    );
  }
  if (denied.length === 0 || denied.some((one) => defined.includes(one))) return;
  throw new CliError(
    exit.failed,
    visibleLine(
      `${file} does not define ${listed(denied)}; it defines ${has}. Nothing was written.`,
    ),
    'Name the file or package of a profile that the log names; to see the denials, run without --patch.',
  );
}

/**
 * Adds the suggested rules, prints what was and what could not be added, and returns the exit code.
 *
 * @param annotate adds comments to the text before it is written
 */
export async function patchProfile(
  io: Io,
  { named, file, text, isNew, package: ofPackage }: PatchTarget,
  findings: readonly Finding[],
  {
    generalise,
    resolver,
    annotate = (patched) => patched,
  }: {
    generalise: boolean;
    resolver: IncludeResolver;
    annotate?: (patched: string, added: readonly Addition[]) => string;
  },
): Promise<number> {
  const { additions, denying, unsaid } = wantedBy(findings, text, { generalise, resolver });
  const { text: bare, added, leftOut } = patch(text, additions, resolver);
  const patched = annotate(bare, added);
  const reportUnexplained = (reason: string, is: (finding: Finding) => boolean) => {
    const some = findings.filter(is).length;
    if (some === 0) return;
    const them = some === 1 ? 'it' : 'them';
    io.note(
      `No rule was written for ${counted(some, 'finding')}: ${reason}. Run without --patch to see ${them}.`,
    );
  };
  reportUnexplained('the log record is incomplete', ({ missing }) => missing !== undefined);
  reportUnexplained(
    'the log record gives a field two values',
    ({ doubled }) => doubled !== undefined,
  );
  reportUnexplained(
    'fields of the log record contradict each other',
    ({ contradictory }) => contradictory !== undefined,
  );
  reportUnexplained(
    'the profile is of another namespace',
    ({ namespace }) => namespace !== undefined,
  );
  for (const { operation, reason } of unsaid) {
    io.note(`No rule was written for ${spelt(`${operation ?? 'an event'}: ${reason}`)}.`);
  }
  for (const { text: rule, line, file: where } of denying) {
    io.note(`Not changed: ${visibleLine(`${where ?? file}:${line}: ${rule}`)}`);
  }
  if (denying.length > 0) {
    io.note('Deny rules are not removed, so the access stays denied. Change the rule by hand.');
  }
  for (const { addition, reason } of leftOut) {
    io.note(`Not added: ${addition.rule ?? addition.flag}: ${reason}`);
  }
  if (added.length === 0) io.print(`Nothing to add to ${visibleLine(file)}.`);
  else {
    await (isNew
      ? writeOutput(file, patched)
      : rewriteProfile({ file: await followLink(file), text }, patched));
    for (const { rule, flag } of added) io.print(`+ ${rule ?? `flags=(${flag})`}`);
    const options = { resolver, ...ofPackage };
    const [before, after] = [lint(text, options), lint(patched, options)];
    reportMissing(io, patched, resolver);
    for (const message of newCautions(before, after)) io.note(`Caution: ${message}`);
    const more = after.warnings - before.warnings;
    const warnings = more > 0 ? `, with ${more} more ${more === 1 ? 'warning' : 'warnings'}` : '';
    io.note(
      visibleLine(`Wrote ${file}${warnings}; review it with: aa-registry lint ${shellWord(named)}`),
    );
  }
  if (denying.length + leftOut.length === 0) return exit.ok;
  const why = [
    ...(denying.length > 0
      ? [
          `${counted(denying.length, 'deny rule')} ${denying.length === 1 ? 'forbids' : 'forbid'} some of them`,
        ]
      : []),
    ...(leftOut.length > 0 ? [`${counted(leftOut.length, 'addition')} could not be made`] : []),
  ];
  io.note(`Some denied accesses are still not allowed (exit code 1): ${why.join(', ')}.`);
  return exit.failed;
}

/** Prints the includes of a profile that were not found; the added rules may repeat what those allow. */
export function reportMissing(io: Io, text: string, resolver: IncludeResolver): void {
  const missingOf = missingIncludes(text, resolver);
  const { profiles } = model(text, { resolver });
  const names = new Set(profiles.flatMap(({ node }) => missingOf(node)));
  if (names.size === 0) return;
  const files = [...names].join(', ');
  io.note(
    visibleLine(
      `${files}: not found here, so not read; some added rules may repeat rules in those files.`,
    ),
  );
}

/** Lint rules about files that let a process act as another user. */
const cautioned = new Set(['sensitive-read', 'sensitive-write']);

/** The diagnostics of these lint rules that a patch adds, without duplicates. */
function newCautions(before: LintResult, after: LintResult): string[] {
  const known = new Set(cautionsOf(before));
  return cautionsOf(after).filter((message) => !known.has(message));
}

/** The diagnostics about rules that read or write secrets or accounts, without duplicates. */
export function cautionsOf({ diagnostics }: LintResult): string[] {
  const found = diagnostics.filter(({ id }) => cautioned.has(id));
  return [...new Set(found.map(({ message }) => message))];
}

function counted(count: number, what: string): string {
  return count === 1 ? `a ${what}`.replace('a a', 'an a') : `${count} ${what}s`;
}
