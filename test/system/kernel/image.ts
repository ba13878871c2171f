import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  glob,
  mkdir,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { type Guest, smallMachine } from './guests.ts';
import { initramfs } from './initramfs.ts';
import { guestDebs, nodeBinary } from './packages.ts';
import { startWithSystemd } from './systemd.ts';
import { run } from './tools.ts';

const guestFolder = path.join(import.meta.dirname, 'guest');
const inGuest = (name: string) => path.join(guestFolder, name);

const accounts = `root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
`;
const groups = `root:x:0:
adm:x:4:
systemd-journal:x:101:
nogroup:x:65534:
`;

/** The profiles of Debian that are loaded at boot: one that compiles fast, with a child profile. */
const bootProfiles = new Set(['nvidia_modprobe']);

/** The base image of all machines. */
export interface Image {
  /** The kernel, for qemu. */
  kernel: string;
  initramfs: string;
  /** The root folder that disks are copied from: a small Debian with Node. */
  root: string;
}

/** Copies a disk, with the additions of `furnish`, which replace no file. Needs no root: nothing is mounted. */
export async function copyDisk(
  disk: string,
  file: string,
  furnish: (root: string) => Promise<void>,
): Promise<void> {
  await run('cp', ['--reflink=auto', '--sparse=always', disk, file]);
  const scratch = `${file}.root`;
  await mkdir(scratch);
  await furnish(scratch);
  // debugfs(8) writes into the file system while it is not mounted. It goes on when a folder exists already.
  const commands: string[] = [];
  for (const entry of await readdir(scratch, { recursive: true, withFileTypes: true })) {
    commands.push(`cd "/${path.relative(scratch, entry.parentPath)}"`);
    if (entry.isDirectory()) commands.push(`mkdir "${entry.name}"`);
    else {
      const source = path.join(entry.parentPath, entry.name);
      const { mode } = await stat(source);
      commands.push(`write "${source}" "${entry.name}"`);
      commands.push(`set_inode_field "${entry.name}" mode 0${mode.toString(8)}`);
    }
  }
  await writeFile(`${file}.commands`, `${commands.join('\n')}\n`);
  if (commands.length > 0) await run('debugfs', ['-w', '-f', `${file}.commands`, file]);
  await rm(`${file}.commands`);
  await rm(scratch, { recursive: true });
}

const images = new Map<Guest, Promise<Image>>();

/** Builds the image, or reuses one of the same packages and code. */
export function baseImage(guest: Guest): Promise<Image> {
  const image = images.get(guest) ?? build(guest);
  images.set(guest, image);
  return image;
}

/** Creates an ext4 disk from the base image's root and the additions of `furnish`. Needs no root: nothing is mounted. */
export async function createDisk(
  guest: Guest,
  file: string,
  furnish: (root: string) => Promise<void>,
): Promise<void> {
  const { root } = await baseImage(guest);
  const scratch = `${file}.root`;
  const { disk } = guest.hardware ?? smallMachine;
  await run('cp', ['--archive', '--reflink=auto', root, scratch]);
  await furnish(scratch);
  await run('mke2fs', ['-q', '-t', 'ext4', '-d', scratch, file, `${disk}M`]);
  await rm(scratch, { recursive: true });
}

async function build(guest: Guest): Promise<Image> {
  const debs = await guestDebs(guest);
  const key = createHash('sha256').update(JSON.stringify(guest));
  for (const name of debs)
    key.update(`${path.basename(path.dirname(name))}/${path.basename(name)}\n`);
  key.update(await run(nodeBinary, ['--version']));
  for (const source of [
    'image.ts',
    'initramfs.ts',
    'systemd.ts',
    ...(await readdir(guestFolder)).sort(),
  ]) {
    const file = source.endsWith('.ts') ? path.join(import.meta.dirname, source) : inGuest(source);
    key.update(readFileSync(file));
  }
  const name = key.digest('hex').slice(0, 16);
  const folder = await cached(`image-${guest.name}`, name, (scratch) =>
    assemble(guest, debs, scratch),
  );
  return {
    kernel: path.join(folder, 'vmlinuz'),
    initramfs: path.join(folder, 'initramfs'),
    root: path.join(folder, 'root'),
  };
}

async function assemble(guest: Guest, debs: string[], folder: string): Promise<void> {
  const root = path.join(folder, 'root');
  for (const deb of debs) {
    const [name = ''] = path.basename(deb).split('_');
    const programs = guest.programs[name];
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
  const modules = guest.modules ? [] : ['usr/lib/modules'];
  for (const name of ['boot', ...modules, ...documentation]) {
    await rm(path.join(root, name), { recursive: true, force: true });
  }

  await removeProfiles(path.join(root, 'etc/apparmor.d'));
  const places = ['dev', 'opt', 'proc', 'root', 'run', 'sys', 'tmp'];
  for (const name of [...places, 'usr/local/bin', 'usr/local/sbin']) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  // Hard links, so that every tool has its own path, as profiles require.
  await run(path.join(root, 'usr/bin/busybox'), ['--install', path.join(root, 'usr/bin')]);
  await cp(nodeBinary, path.join(root, 'usr/local/bin/node'));
  await writeFile(path.join(root, 'etc/passwd'), accounts);
  await writeFile(path.join(root, 'etc/group'), groups);
  await addProgram(root, 'commands.sh', 'usr/local/sbin/commands');
  if (guest.init === 'systemd') await startWithSystemd(root, inGuest('commands.service'));
  else await addProgram(root, 'init.sh', 'usr/sbin/init');
}

/** Removes AppArmor 4's hundred profiles of missing programs, which each boot would compile. */
async function removeProfiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && !bootProfiles.has(entry.name)) await rm(path.join(folder, entry.name));
  }
}

async function addProgram(root: string, source: string, target: string): Promise<void> {
  await copyFile(inGuest(source), path.join(root, target));
  await chmod(path.join(root, target), 0o755);
}

/** Merges /bin, /sbin and /lib into /usr, as Debian does since 12 although packages may still contain them. */
export async function mergeUsr(root: string): Promise<void> {
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
