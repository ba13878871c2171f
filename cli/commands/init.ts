import { mkdir, unlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { abiNumber, attachments, lint, parse, profileNames } from '../../policy/index.ts';
import { writeNew } from '../../sdk/files.ts';
import {
  descriptionTemplate,
  manifestText,
  profileSkeleton,
  readmeText,
} from '../../sdk/new-package.ts';
import { isPackageName, manifestName, readmeName, readProfile } from '../../sdk/package-folder.ts';
import { shellWord } from '../../sdk/shell-word.ts';
import { defaultTeam, isDefinedName, isTeam } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { visibleLine } from '../terminal/io.ts';

export const init = defineCommand({
  name: 'init',
  summary: 'Start a package',
  args: [{ name: 'DIR', optional: true }],
  usage: '[--from FILE]',
  options: {
    from: {
      type: 'string',
      value: 'FILE',
      description: 'An existing profile to copy unchanged',
    },
    name: {
      type: 'string',
      value: 'WORD',
      description: 'The name of the package (default: that of the profile in --from, then of DIR)',
    },
    team: {
      type: 'string',
      value: 'TEAM',
      description: 'The team that will publish it (default: library)',
    },
    format: formatOption,
  },
  details:
    'Writes aa-profile.toml, README.md and a profile without rules for its program into DIR, the working ' +
    'directory by default, which is created if needed. If --from defines several profiles, or one named by a ' +
    'path, the manifest lists them. Existing files are never overwritten: if one exists, nothing is written.',
  examples: [
    'aa-registry init my-app',
    'aa-registry init my-app --team platform --from /etc/apparmor.d/my-app',
    'aa-registry init ntpd --from /etc/apparmor.d/usr.sbin.ntpd',
  ],
  async run({ values, args: [folder = '.'], io }) {
    const { team, from } = values;
    if (team !== undefined && !isTeam(team)) {
      throw new CliError(exit.usage, `"${team}" is not a valid team name.`);
    }
    const existing = from === undefined ? undefined : await existingProfile(from);
    const name = values.name ?? existing?.name ?? basename(resolve(folder));
    requireName(name, values.name === undefined && existing?.name === undefined);
    const abi = existing?.abi ?? '3.0';
    const text = existing?.text ?? profileSkeleton(name, abi);
    if (existing === undefined) requireClean(text, name, team);
    else if (existing.name !== undefined && existing.name !== name) {
      throw new CliError(
        exit.usage,
        `The profile in ${from} is named ${existing.name}, not ${name}.`,
        'A package has the name of its profile: omit --name, or rename the profile first.',
      );
    }
    const profile = join(folder, name);
    const description = descriptionTemplate(name);
    const files = [
      {
        path: join(folder, manifestName),
        data: manifestText({
          ...{ name, team, description, abi, isForHost: existing?.isForHost },
          profiles: existing?.name === undefined ? existing?.names : undefined,
        }),
      },
      { path: join(folder, readmeName), data: readmeText(name, team) },
      // --from may name the package's own profile.
      ...(from !== undefined && resolve(from) === resolve(profile)
        ? []
        : [{ path: profile, data: existing?.bytes ?? text }]),
    ];
    await mkdir(folder, { recursive: true });
    await writeAll(files);
    const paths = files.map(({ path }) => path);
    printResult(
      io,
      values,
      { name, team: team ?? defaultTeam, files: paths },
      ...paths.map((path) => `Wrote ${visibleLine(path)}`),
    );
    io.note(
      visibleLine(
        `Complete ${manifestName}, ${readmeName} and the profile, then check them with: aa-registry lint ${shellWord(folder)}`,
      ),
    );
    return exit.ok;
  },
});

/**
 * An existing profile, with the names and abi in its file. `name` is that of its only profile, if a package can have it.
 */
async function existingProfile(file: string) {
  const { bytes, text } = await readProfile(file);
  const parsed = parse(text);
  const names = profileNames(parsed.file);
  if (parsed.diagnostics.some(({ severity }) => severity === 'error')) {
    throw new CliError(
      exit.failed,
      `${file} has errors; nothing was written.`,
      `To see them: aa-registry lint ${shellWord(file)}`,
    );
  }
  if (names.length === 0) {
    throw new CliError(exit.failed, `${file} defines no profile; nothing was written.`);
  }
  const wrong = names.find((one) => !isDefinedName(one));
  if (wrong !== undefined) {
    throw new CliError(
      exit.failed,
      `The profile ${wrong} in ${file} can’t be in a package, because of its name; nothing was written.`,
      'Rename it in a copy of the file: a word such as man_groff, or a path without variables.',
    );
  }
  const [first = ''] = names;
  const name = names.length === 1 && isPackageName(first) ? first : undefined;
  const isForHost = attachments(parsed.file).length > 0;
  const abi = parsed.file.statements
    .map((one) => (one.kind === 'abi' ? abiNumber(one.path) : undefined))
    .find((number) => number !== undefined);
  return { name, names, isForHost, abi, text, bytes };
}

function requireName(name: string, isFolder: boolean): void {
  if (isPackageName(name)) return;
  const what = isFolder ? 'The folder’s name' : `"${name}"`;
  throw new CliError(
    exit.usage,
    `${what} can’t be the name of a package: 1 to 64 lower-case letters, digits, dots, underscores and hyphens, with a letter or digit at both ends.`,
    isFolder ? 'Name the package with --name NAME.' : undefined,
  );
}

/** Lint refuses names that are reserved or have another meaning in policy. */
function requireClean(text: string, packageName: string, team: string | undefined): void {
  const { diagnostics } = lint(text, { packageName, team: team ?? defaultTeam });
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (!error) return;
  throw new CliError(exit.failed, `${error.message} [${error.id}]`, 'Nothing was written.');
}

/** Writes new files: all or none. */
async function writeAll(files: readonly { path: string; data: Uint8Array | string }[]) {
  const written: string[] = [];
  try {
    for (const { path, data } of files) {
      await writeNew(path, data, 0o644);
      written.push(path);
    }
  } catch (error) {
    for (const path of written) await unlink(path);
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const { path } = error as NodeJS.ErrnoException;
    throw new CliError(
      exit.failed,
      `${path} already exists; nothing was written.`,
      undefined,
      'file-exists',
    );
  }
}
