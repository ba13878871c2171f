import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The fields of a package.json that a notice uses. */
interface Manifest {
  name: string;
  version: string;
  license?: string;
}

const root = join(import.meta.dirname, '..');

/**
 * The copyright file of a bundle: the licences of this program, of Node.js, of libsql's native module and of every package
 * in esbuild's `metafile`.
 */
export function noticesOf(metafile: string): string {
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8'));
  const folders = new Set<string>(['node_modules/@libsql/linux-x64-gnu']);
  for (const input of Object.keys(inputs)) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = [...folders].sort().map((folder) => noticeOf(join(root, folder)));
  return [
    'aa-registry, licensed under the Apache License, Version 2.0; on Debian systems its text is in',
    '/usr/share/common-licenses/Apache-2.0. The program contains the following.',
    '',
    `Node.js ${process.version} (MIT), copyright Node.js contributors. Its licence, and those of the libraries in it`,
    `such as V8, OpenSSL and ICU, are at https://github.com/nodejs/node/blob/${process.version}/LICENSE`,
    ...packages.flatMap((notice) => ['', '-'.repeat(78), '', notice]),
    '',
  ].join('\n');
}

function noticeOf(folder: string): string {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  // Debian has the text in common-licenses.
  const common = manifest.license === 'Apache-2.0';
  const text = common || file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text}`.trim();
}
