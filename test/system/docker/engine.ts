import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from '../kernel/cache.ts';
import type { Guest } from '../kernel/guests.ts';
import { baseImage } from '../kernel/image.ts';
import { boot, type Machine } from '../kernel/machine.ts';
import { run } from '../kernel/tools.ts';
import { archiveOf, type ContainerImage } from './container-image.ts';

const startScript = path.join(import.meta.dirname, 'guest/start-docker.sh');

/** A disk with Docker, which has loaded the images; cached, since loading takes a minute on the emulated CPU. */
async function preparedDisk(guest: Guest, images: ContainerImage[]): Promise<string> {
  const archives = await Promise.all(images.map((image) => archiveOf(image, guest.suite)));
  const { root } = await baseImage(guest);
  const key = createHash('sha256').update([root, ...archives].join('\n'));
  for (const source of [import.meta.filename, startScript]) key.update(await readFile(source));
  const name = key.digest('hex').slice(0, 16);
  const folder = await cached(`disk-${guest.name}`, name, async (scratch) => {
    const machine = await boot({
      guest,
      async furnish(disk) {
        await mkdir(path.join(disk, 'srv'), { recursive: true });
        await mkdir(path.join(disk, 'var/log'), { recursive: true });
        for (const [at, archive] of archives.entries()) {
          await copyFile(archive, path.join(disk, `srv/image-${at}.tar`));
        }
        const start = path.join(disk, 'usr/local/sbin/start-docker');
        await copyFile(startScript, start);
        await chmod(start, 0o755);
        for (const name of ['iptables', 'ip6tables']) {
          await copyFile(
            path.join(disk, 'usr/sbin/xtables-nft-multi'),
            path.join(disk, 'usr/sbin', name),
          );
        }
      },
    });
    try {
      const { code, stderr } = await machine.run(
        `set -e
depmod
start-docker
for archive in /srv/image-*.tar; do docker load -q -i $archive; rm $archive; done
kill $(cat /var/run/docker.pid)
while [ -e /var/run/docker.pid ]; do sleep 0.2; done`,
        { timeoutMs: 900_000 },
      );
      if (code !== 0)
        throw new Error(`Docker does not load the images: ${stderr}\n${machine.console()}`);
      await machine.powerOff();
      await run('mv', [machine.disk, path.join(scratch, 'disk')]);
    } finally {
      await machine.dispose();
    }
  });
  return path.join(folder, 'disk');
}

/** Boots a machine whose Docker runs and has these images. */
export async function bootDocker(
  guest: Guest,
  images: ContainerImage[],
  furnish: (root: string) => Promise<void>,
): Promise<Machine> {
  const machine = await boot({ guest, disk: await preparedDisk(guest, images), furnish });
  const { code, stderr } = await machine.run('start-docker');
  if (code === 0) return machine;
  await machine.dispose();
  throw new Error(`Docker does not start: ${stderr}`);
}
