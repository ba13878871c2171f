import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { aptFor } from '../kernel/apt.ts';
import { cached } from '../kernel/cache.ts';
import { mergeUsr } from '../kernel/image.ts';
import { downloadPackages } from '../kernel/packages.ts';
import { run } from '../kernel/tools.ts';

/** A container image of Debian packages. */
export interface ContainerImage {
  name: string;
  packages: string[];
  /** A folder with what is added to the packages' files. */
  files: string;
  /** Links to create, by path. */
  links: Record<string, string>;
  folders: string[];
  /** The configuration of the OCI image. */
  config: Record<string, unknown>;
}

/**
 * nginx, laid out like its official image: the entry point runs the scripts of /docker-entrypoint.d, which edit the
 * configuration, and the logs are links to the standard streams.
 */
export const nginxImage: ContainerImage = {
  name: 'nginx',
  packages: [
    ...['nginx-light', 'bash', 'coreutils', 'curl', 'dash', 'dpkg', 'findutils', 'gettext-base'],
    ...['grep', 'iputils-ping', 'mount', 'ncurses-base', 'perl-base', 'procps', 'sed'],
  ],
  files: path.join(import.meta.dirname, 'guest/nginx'),
  links: {
    'var/run': '/run',
    'var/log/nginx/access.log': '/dev/stdout',
    'var/log/nginx/error.log': '/dev/stderr',
  },
  folders: ['root', 'run', 'tmp', 'var/cache/nginx', 'var/lib', 'proc', 'sys', 'dev'],
  config: {
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Entrypoint: ['/docker-entrypoint.sh'],
    Cmd: ['nginx', '-g', 'daemon off;'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  },
};

/** The image as an archive for `docker load` and `podman load`; cached. */
export async function archiveOf(image: ContainerImage, suite: string): Promise<string> {
  const apt = await aptFor(suite);
  const debs = await downloadPackages(apt, `${suite}-${image.name}`, image.packages, true);
  const key = createHash('sha256').update(JSON.stringify(image)).update(debs.join());
  key.update(await run('tar', ['-C', image.files, '--sort=name', '--mtime=@0', '-cf', '-', '.']));
  key.update(await readFile(import.meta.filename));
  const name = key.digest('hex').slice(0, 16);
  const folder = await cached(`container-${suite}-${image.name}`, name, (scratch) =>
    pack(image, debs, scratch),
  );
  return path.join(folder, 'image.tar');
}

async function pack(image: ContainerImage, debs: string[], folder: string): Promise<void> {
  const root = path.join(folder, 'root');
  for (const deb of debs) await run('dpkg-deb', ['--extract', deb, root]);
  await mergeUsr(root);
  for (const name of ['usr/share/doc', 'usr/share/locale', 'usr/share/man', 'var/log/nginx']) {
    await run('rm', ['-rf', path.join(root, name)]);
  }
  for (const name of [...image.folders, ...Object.keys(image.links).map(path.dirname)]) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  await cp(image.files, root, { recursive: true, force: true });
  for (const [from, to] of Object.entries(image.links)) {
    await run('rm', ['-rf', path.join(root, from)]);
    await symlink(to, path.join(root, from));
  }
  const layer = path.join(folder, 'layer.tar');
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=@0'];
  await run('tar', [...owner, '-C', root, '-cf', layer, '.'], { timeoutMs: 120_000 });
  const hash = createHash('sha256')
    .update(await readFile(layer))
    .digest('hex');
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${hash}`] },
  });
  const id = createHash('sha256').update(config).digest('hex');
  await writeFile(path.join(folder, `${id}.json`), config);
  const manifest = [
    { Config: `${id}.json`, RepoTags: [`${image.name}:latest`], Layers: ['layer.tar'] },
  ];
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  const parts = [`${id}.json`, 'manifest.json', 'layer.tar'];
  await run('tar', [...owner, '-C', folder, '-cf', path.join(folder, 'image.tar'), ...parts]);
  await run('rm', ['-rf', root, layer]);
}
