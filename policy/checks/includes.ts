// Includes and abi statements: are their files there, and do they end?
import { fileSince } from '../base-policy.ts';
import { isOfPackage } from '../dependency-path.ts';
import type { IncludedFile } from '../includes.ts';
import { type Explanation, error } from '../raw-diagnostic.ts';
import { compareReleases } from '../release.ts';
import type { Abi, Include } from '../syntax/tree.ts';
import type { Context } from './context.ts';
import type { Unit } from './unit.ts';

/** Includes deeper than this are a loop or an attack. */
const maxIncludeDepth = 64;

export const includeDiagnostics = {
  'missing-include': error(
    'Included file not found',
    'The file is in no include directory. `include if exists` makes it optional.',
    'profile demo {\n  include <abstractions/bse>\n}\n',
    'profile demo {\n  include <abstractions/base>\n}\n',
  ),
  'recursive-include': error(
    'Recursive include',
    'The file includes itself, directly or through others.',
  ),
  'missing-abi': error(
    'abi file not found',
    'The file with the kernel features is in no include directory.',
    'abi <abi/3.o>,\n',
    'abi <abi/3.0>,\n',
  ),
  'unseen-include': {
    title: 'File of the target missing on this machine',
    severity: 'info',
    text: 'The target release includes this file, but the base policy at hand is of a release without it. The content of the file is therefore unknown: its variables are assumed to be declared, and its rules are not compared. Use `--base DIR` to give the base policy of the target release.',
  },
} as const satisfies Record<string, Explanation>;

/** The units that an include names, in order: none when the file is not read or missing (which is reported). */
export function* included(include: Include, unit: Unit, context: Context): Generator<Unit> {
  const base = include.place === 'magic' && fileSince(include.path) !== undefined;
  for (const file of find(include, unit, context)) yield context.use(file, base);
}

/** Reports an abi file that is missing. */
export function checkAbi(statement: Abi, unit: Unit, context: Context): void {
  // `default` stands for the features of the running kernel.
  if (context.dialect.readsAbi && statement.path !== 'default' && statement.path !== 'kernel')
    find(statement, unit, context);
}

function find(include: Include | Abi, unit: Unit, context: Context): readonly IncludedFile[] {
  const { resolver, symbols, namedBase, dependencies } = context;
  const what = include.place === 'magic' ? `<${include.path}>` : include.path;
  const isDependency =
    dependencies !== undefined && include.place === 'magic' && isOfPackage(include.path);
  const dependency = isDependency ? dependencies.get(include.path) : undefined;
  if (dependency) return [dependency];
  if (!resolver || isDependency) {
    context.unseen.add(what);
    if (include.kind === 'include') symbols.open = true;
    return [];
  }
  const since = include.place === 'magic' ? fileSince(include.path) : undefined;
  if (since !== undefined && namedBase !== undefined && compareReleases(since, namedBase) > 0) {
    // The check of the target reports that it has no such file; this machine's own files are not to blame.
    if (include.kind === 'include' && !include.ifExists && !unit.base) symbols.open = true;
    return [];
  }
  const found = resolver({
    path: include.path,
    kind: include.place,
    statement: include.kind,
    ...(unit.name !== undefined && { from: unit.name }),
  });
  if (found) return 'entries' in found ? found.entries : [found];
  if (since !== undefined && namedBase !== undefined) {
    if (include.kind === 'include') symbols.open = true;
    context.unseen.add(what);
    if (!unit.base) {
      context.report(
        unit,
        'unseen-include',
        include.target,
        `AppArmor ${namedBase} has ${what}, which this machine lacks, so its contents were not checked.`,
        { expected: `the base policy of AppArmor ${namedBase}` },
      );
    }
    return [];
  }
  const from = since === undefined ? '' : ` It came with AppArmor ${since}.`;
  if (include.kind === 'abi') {
    context.report(
      unit,
      'missing-abi',
      include.target,
      `The abi file ${what} was not found.${from}`,
      {
        expected: 'an abi file such as <abi/3.0>',
      },
    );
  } else if (!include.ifExists) {
    // One report is enough: variables that it would declare are not reported as well.
    symbols.open = true;
    context.report(
      unit,
      'missing-include',
      include.target,
      `The included file ${what} was not found.${from}`,
      { expected: 'a file in an include directory, or "include if exists"' },
    );
  }
  return [];
}

/** True, with a report, when including `next` here would never end. `path` leads to `unit`. */
export function isRecursive(
  include: Include,
  unit: Unit,
  next: Unit,
  path: readonly Unit[],
  context: Context,
): boolean {
  if (path.includes(next) || unit === next) {
    context.report(
      unit,
      'recursive-include',
      include.target,
      `${next.name ?? 'This file'} includes itself.`,
      { expected: 'an include that ends' },
    );
    return true;
  }
  if (path.length >= maxIncludeDepth) {
    context.report(
      unit,
      'limit',
      include.target,
      `Includes nest deeper than ${maxIncludeDepth} files.`,
      { expected: 'fewer levels' },
    );
    return true;
  }
  return false;
}
