import { type Base, baseFolders, encodeBase, sizeOfBase } from '../../contract/index.ts';
import { type Release, releases } from '../../policy/index.ts';
import { type BaseFiles, readBaseFolder } from '../../sdk/base-folder.ts';
import { dataFailure, dataFolder, dataOption } from '../data-folder.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import type { Io } from '../terminal/io.ts';

export const adminBaseImport = defineCommand({
  name: 'admin base import',
  summary: 'Import the base policy of an AppArmor release',
  args: [{ name: 'DIR' }],
  usage: '--release RELEASE [--data DIR | --registry URL]',
  options: {
    release: {
      type: 'string',
      choices: releases,
      description: 'The AppArmor release of the files',
    },
    data: dataOption,
    ...registryOptions,
    registry: {
      type: 'string',
      value: 'URL',
      description: 'Send it to this registry instead, as an administrator',
    },
    format: formatOption,
  },
  details:
    `Reads DIR/${baseFolders.join(', DIR/')}: regular files, also through links that stay in DIR, but not package ` +
    'managers’ backup files. They become the current base policy of the release, which "check", "lint", "can", ' +
    '"diff" and "summary" use for --target on hosts with other releases. Earlier ones stay readable by their digests. ' +
    'Importing the same files again changes nothing. A running registry serves it immediately.',
  examples: [
    'aa-registry admin base import --release 3.0 /etc/apparmor.d',
    'aa-registry admin base import --release 4.1 ./apparmor-4.1/apparmor.d --registry https://profiles.example.org',
  ],
  async run({ values, args: [folder = ''], io }) {
    const { release } = values;
    if (release === undefined) {
      throw new CliError(exit.usage, 'Give the AppArmor release of the files with --release.');
    }
    if (values.data !== undefined && values.registry !== undefined) {
      throw new CliError(exit.usage, 'Give either --data or --registry, not both.');
    }
    const files = await readBaseFolder(folder);
    const { base, changed } = await store(release, files, values, io);
    const counts = baseFolders
      .map((name) => [
        Object.keys(files).filter((path) => path.startsWith(`${name}/`)).length,
        name,
      ])
      .filter(([count]) => count !== 0)
      .map((words) => words.join(' '));
    const summary = `${base.files} ${base.files === 1 ? 'file' : 'files'} (${counts.join(', ')}), ${base.bytes} bytes`;
    printResult(
      io,
      values,
      { ...base, changed },
      changed
        ? `Imported the base policy of AppArmor ${release} from ${folder}: ${summary}.`
        : `Nothing changed: the base policy of AppArmor ${release} is the same, ${summary}.`,
      `Digest ${base.digest}`,
    );
    return exit.ok;
  },
});

async function store(
  release: Release,
  files: BaseFiles,
  values: { data?: string; registry?: string; 'ca-file'?: string },
  io: Io,
): Promise<{ base: Base; changed: boolean }> {
  if (values.registry !== undefined) {
    const client = await openSession(io, values);
    const { changed, ...base } = await client.putBase(release, files);
    return { base, changed };
  }
  const { importBase, DataError } = await import('../../worker/node/admin.ts');
  const content = {
    release,
    text: encodeBase(files),
    files: Object.keys(files).length,
    bytes: sizeOfBase(files),
  };
  return importBase(dataFolder(values.data, io), content).catch((error: unknown) => {
    throw error instanceof DataError ? dataFailure(error) : error;
  });
}
