import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { topics } from '../cli/commands.ts';
import { completionFor } from '../cli/completion/index.ts';
import { manualPages } from '../cli/framework/manual.ts';
import manifest from '../package.json' with { type: 'json' };
import { noticesOf } from './notices.ts';

/**
 * Builds dist/aa-registry_VERSION_amd64.deb from dist/aa-registry: the program, its manual, completions and systemd units,
 * which are not enabled. The build is reproducible; its time is SOURCE_DATE_EPOCH (reproducible-builds.org), by default
 * that of the last commit.
 */
const root = join(import.meta.dirname, '..');
const packaging = join(root, 'packaging');
const tree = join(root, 'dist/deb');
const binary = join(root, 'dist/aa-registry');
const { version } = manifest;
const output = join(root, `dist/aa-registry_${version}_amd64.deb`);
const maintainer = 'aa-registry maintainers <aa-registry@packages.invalid>';

const epoch = process.env.SOURCE_DATE_EPOCH ?? lastCommit();
const time = new Date(Number(epoch) * 1000);
const date = time.toISOString().slice(0, 10);

function lastCommit(): string {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
}

function put(path: string, content: string | Uint8Array, mode = 0o644): void {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

const putCompressed = (path: string, text: string) =>
  put(`${path}.gz`, gzipSync(text, { level: 9 }));

/** The sorted paths of all files in the tree, relative to its root. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
    .sort();
}

/** The packages of the libraries that the program is linked against, with their versions. */
function libraries(): string {
  const work = join(root, 'dist/shlibdeps');
  mkdirSync(join(work, 'debian'), { recursive: true });
  writeFileSync(
    join(work, 'debian/control'),
    'Source: aa-registry\n\nPackage: aa-registry\nArchitecture: any\n',
  );
  const found = execFileSync('dpkg-shlibdeps', ['-O', '--ignore-missing-info', binary], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  rmSync(work, { recursive: true });
  return found.trim().replace(/^shlibs:Depends=/, '');
}

if (!existsSync(binary)) {
  console.error('dist/aa-registry does not exist: run npm run build:binary first.');
  process.exit(1);
}
rmSync(tree, { recursive: true, force: true });
mkdirSync(join(tree, 'usr/bin'), { recursive: true });
copyFileSync(binary, join(tree, 'usr/bin/aa-registry'));
chmodSync(join(tree, 'usr/bin/aa-registry'), 0o755);
for (const folder of ['etc/aa-registry', 'var/lib/aa-registry']) {
  mkdirSync(join(tree, folder), { recursive: true });
}

for (const { file, text } of await manualPages(topics, { version, date })) {
  putCompressed(`usr/share/man/man1/${file}`, text);
}
for (const file of readdirSync(join(packaging, 'man'))) {
  const text = readFileSync(join(packaging, 'man', file), 'utf8');
  const stamped = text.replaceAll('@DATE@', date).replaceAll('@VERSION@', version);
  putCompressed(`usr/share/man/man5/${file}`, stamped);
}
put('usr/share/bash-completion/completions/aa-registry', await completionFor(topics, 'bash'));
put('usr/share/zsh/vendor-completions/_aa-registry', await completionFor(topics, 'zsh'));
put('usr/share/fish/vendor_completions.d/aa-registry.fish', await completionFor(topics, 'fish'));
for (const file of readdirSync(join(packaging, 'systemd'))) {
  put(`usr/lib/systemd/system/${file}`, readFileSync(join(packaging, 'systemd', file)));
}

put(
  'usr/share/lintian/overrides/aa-registry',
  readFileSync(join(packaging, 'debian/lintian-overrides')),
);

put('etc/aa-registry/config.toml', readFileSync(join(packaging, 'debian/config.toml')));

const documents = 'usr/share/doc/aa-registry';
put(`${documents}/README.md`, readFileSync(join(root, 'README.md')));
put(`${documents}/copyright`, noticesOf(join(root, 'dist/binary/meta.json')));
putCompressed(
  `${documents}/changelog`,
  [
    `aa-registry (${version}) unstable; urgency=medium`,
    '',
    `  * Version ${version}.`,
    '',
    ` -- ${maintainer}  ${time.toUTCString().replace('GMT', '+0000')}`,
    '',
  ].join('\n'),
);

const installed = filesOf(tree);
const bytes = installed.reduce((sum, file) => sum + statSync(join(tree, file)).size, 0);
const digests = installed.map((file) => {
  const digest = createHash('md5')
    .update(readFileSync(join(tree, file)))
    .digest('hex');
  return `${digest}  ${file}\n`;
});
put('DEBIAN/md5sums', digests.join(''));
put('DEBIAN/conffiles', '/etc/aa-registry/config.toml\n');
for (const script of ['postinst', 'prerm', 'postrm']) {
  put(`DEBIAN/${script}`, readFileSync(join(packaging, 'debian', script)), 0o755);
}
put(
  'DEBIAN/control',
  [
    'Package: aa-registry',
    `Version: ${version}`,
    'Architecture: amd64',
    `Maintainer: ${maintainer}`,
    'Section: admin',
    'Priority: optional',
    `Installed-Size: ${Math.ceil(bytes / 1024)}`,
    `Depends: apparmor (>= 3.0), ${libraries()}`,
    'Recommends: ca-certificates',
    'Description: publish, verify and install AppArmor profiles',
    ' Pulls AppArmor profiles for containers and services from a registry, verifies',
    ' their signatures and origin, loads them into the kernel and keeps them up to',
    ' date. It also lints, signs and publishes profiles, and runs a registry.',
    ' .',
    ' The systemd timer that updates the profiles is not enabled by default.',
    '',
  ].join('\n'),
);

rmSync(output, { force: true });
// One thread, since the output of xz depends on their number. A higher level takes minutes and saves a tenth.
const compression = ['-Zxz', '-z1', '--threads-max=1'];
execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, output], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
});
console.log(relative(root, output));
