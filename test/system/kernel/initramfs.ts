import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './tools.ts';

/** The drivers for the machine's disk, network and connection to the test, unless built into the kernel. */
const drivers = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console', 'ext4'];

/** Builds an initramfs that loads the drivers and mounts the disk, from a root with busybox and the kernel. */
export async function initramfs(root: string): Promise<Buffer> {
  const modules = await loadOrder(root);
  const archive = new Archive();
  for (const folder of ['bin', 'modules', 'proc', 'sys', 'dev', 'disk']) archive.folder(folder);
  archive.console('dev/console');
  archive.program('init', await readFile(path.join(import.meta.dirname, 'guest/initramfs.sh')));
  archive.program('bin/busybox', await readFile(path.join(root, 'usr/bin/busybox')));
  archive.program('modules/order', Buffer.from([...modules.keys(), ''].join('\n')));
  for (const [name, content] of modules) archive.program(`modules/${name}`, content);
  return archive.end();
}

/** The drivers and their dependencies in load order. */
async function loadOrder(root: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, string>();
  const builtIn = new Set<string>();
  for await (const file of glob('usr/lib/modules/*/kernel/**/*.ko*', { cwd: root })) {
    files.set(moduleName(file), path.join(root, file));
  }
  for await (const list of glob('usr/lib/modules/*/modules.builtin', { cwd: root })) {
    const lines = (await readFile(path.join(root, list), 'utf8')).trimEnd().split('\n');
    for (const line of lines) builtIn.add(moduleName(line));
  }

  const order = new Map<string, Buffer>();
  const load = async (name: string): Promise<void> => {
    if (builtIn.has(name) || order.has(`${name}.ko`)) return;
    const file = files.get(name);
    if (file === undefined) throw new Error(`the kernel package has no module ${name}`);
    const content = file.endsWith('.xz') ? await run('xz', ['-dc', file]) : await readFile(file);
    for (const needed of dependencies(content)) await load(needed);
    order.set(`${name}.ko`, content);
  };
  for (const driver of drivers) await load(driver);
  return order;
}

function moduleName(file: string): string {
  return path.basename(file).replace(/\.ko(\.\w+)?$/, '');
}

/** The dependencies of a module, from its .modinfo section. */
function dependencies(module: Buffer): string[] {
  const start = module.indexOf('\0depends=');
  if (start < 0) return [];
  const value = start + '\0depends='.length;
  return module
    .toString('latin1', value, module.indexOf(0, value))
    .split(',')
    .filter((name) => name !== '');
}

/** Builds a cpio archive in the kernel's "newc" format, with all files owned by root. */
class Archive {
  #parts: Buffer[] = [];
  #inode = 0;

  folder(name: string): void {
    this.#add(name, 0o040755, Buffer.alloc(0));
  }

  program(name: string, content: Buffer): void {
    this.#add(name, 0o100755, content);
  }

  console(name: string): void {
    this.#add(name, 0o020600, Buffer.alloc(0), [5, 1]);
  }

  end(): Buffer {
    this.#add('TRAILER!!!', 0, Buffer.alloc(0));
    return Buffer.concat(this.#parts);
  }

  #add(name: string, mode: number, content: Buffer, device: [number, number] = [0, 0]): void {
    this.#inode += 1;
    const path = Buffer.from(`${name}\0`);
    // inode, mode, uid, gid, links, time, size, device, device of a device node, length of the name, no checksum
    const fields = [this.#inode, mode, 0, 0, 1, 0, content.length, 0, 0, ...device, path.length, 0];
    const header = Buffer.from(
      `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`,
    );
    this.#parts.push(padded(Buffer.concat([header, path])), padded(content));
  }
}

function padded(part: Buffer): Buffer {
  return Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
}
