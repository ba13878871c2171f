import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, copyFile, cp, glob, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { initramfs } from './initramfs.ts';
import { guestDebs, guestPrograms, nodeBinary } from './packages.ts';
import { run } from './tools.ts';

const accounts = `root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
`;

/** What every machine starts from. */
export interface Image {
  /** The kernel, as qemu loads it. */
  kernel: string;
  initramfs: string;
  /** The folder that disks are copies of: a small Debian, with Node. */
  root: string;
}

let image: Promise<Image> | undefined;

/** Makes the image, or takes the one a former run has made of the same packages by the same code. */
export function baseImage(): Promise<Image> {
  image ??= build();
  return image;
}

/** Makes an ext4 disk of the base image's root, after `furnish` has added to it. Needs no root: nothing is mounted. */
export async function createDisk(
  file: string,
  furnish: (root: string) => Promise<void>,
): Promise<void> {
  const { root } = await baseImage();
  const scratch = `${file}.root`;
  await run('cp', ['--archive', '--reflink=auto', root, scratch]);
  await furnish(scratch);
  await run('mke2fs', ['-q', '-t', 'ext4', '-d', scratch, file, '512M']);
  await rm(scratch, { recursive: true });
}

async function build(): Promise<Image> {
  const debs = await guestDebs();
  const key = createHash('sha256');
  for (const name of debs)
    key.update(`${path.basename(path.dirname(name))}/${path.basename(name)}\n`);
  key.update(await run(nodeBinary, ['--version']));
  for (const source of [
    'image.ts',
    'packages.ts',
    'initramfs.ts',
    'guest/initramfs.sh',
    'guest/init.sh',
  ]) {
    key.update(readFileSync(path.join(import.meta.dirname, source)));
  }
  const folder = await cached('image', key.digest('hex').slice(0, 16), (scratch) =>
    assemble(debs, scratch),
  );
  return {
    kernel: path.join(folder, 'vmlinuz'),
    initramfs: path.join(folder, 'initramfs'),
    root: path.join(folder, 'root'),
  };
}

async function assemble(debs: string[], folder: string): Promise<void> {
  const root = path.join(folder, 'root');
  for (const deb of debs) {
    const [name = ''] = path.basename(deb).split('_');
    const programs = guestPrograms[name];
    const whole = programs ? path.join(folder, name) : root;
    await run('dpkg-deb', ['--extract', deb, whole]);
    if (!programs) continue;
    for (const program of programs) await cp(path.join(whole, program), path.join(root, program));
    await rm(whole, { recursive: true });
  }
  await mergeUsr(root);

  await writeFile(path.join(folder, 'initramfs'), await initramfs(root));
  for await (const kernel of glob('boot/vmlinuz-*', { cwd: root })) {
    await copyFile(path.join(root, kernel), path.join(folder, 'vmlinuz'));
  }
  const documentation = ['usr/share/doc', 'usr/share/locale', 'usr/share/man'];
  for (const name of ['boot', 'usr/lib/modules', ...documentation]) {
    await rm(path.join(root, name), { recursive: true, force: true });
  }

  for (const name of ['dev', 'opt', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/local/bin']) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  // As hard links, so that every tool has a path of its own, which is what profiles speak of.
  await run(path.join(root, 'usr/bin/busybox'), ['--install', path.join(root, 'usr/bin')]);
  await cp(nodeBinary, path.join(root, 'usr/local/bin/node'));
  await writeFile(path.join(root, 'etc/passwd'), accounts);
  const init = path.join(root, 'usr/sbin/init');
  await copyFile(path.join(import.meta.dirname, 'guest/init.sh'), init);
  await chmod(init, 0o755);
}

/** /bin, /sbin and /lib in /usr, as Debian has had them since 12, whose packages may still ship them apart. */
async function mergeUsr(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const apart = path.join(root, name);
    const merged = path.join(root, 'usr', name);
    await mkdir(apart, { recursive: true });
    await mkdir(merged, { recursive: true });
    await run('cp', ['--archive', '--link', `${apart}/.`, merged]);
    await rm(apart, { recursive: true });
    await symlink(`usr/${name}`, apart);
  }
}
