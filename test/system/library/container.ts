import type { Manifest } from '../../../trust/index.ts';

/** The parts of a manifest that say how a container is run. */
type Packaged = { name: string; manifest: Pick<Manifest, 'run'> };

/**
 * The shell command that runs a program in a guest as the manifest says that its container is run; by default the entry
 * point. The package must set a user or leave it to root.
 */
export function containerCommand({ name, manifest }: Packaged, program?: string[]): string {
  const { entrypoint = [], mounts = [], capabilities = {}, user = '0:0' } = manifest.run ?? {};
  const dropped = capabilities.drop?.includes('ALL') ? ['-all'] : [];
  const added = capabilities.add?.map((one) => `+${one.toLowerCase()}`) ?? [];
  const words = [
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '/usr/local/sbin/container'],
    ...[name, ...user.split(':'), [...dropped, ...added].join() || '+all'],
    ...mounts.flatMap(({ type, path, volume = '' }) =>
      type === 'tmpfs' ? [type, path] : [type, volume, path],
    ),
    ...['--', ...(program ?? entrypoint)],
  ];
  return words.map(quoted).join(' ');
}

/** The folders that the container may write, and the commands that create them for its user. */
export function containerFolders({ manifest }: Packaged): { paths: string[]; setup: string } {
  const { mounts = [], user = '0:0' } = manifest.run ?? {};
  const made = mounts.map(({ type, path, volume = '' }) => {
    const folders = type === 'tmpfs' ? [path] : [path, `/srv/${volume}`];
    return `mkdir -p ${folders.join(' ')}; chown ${user} ${folders.join(' ')}`;
  });
  return { paths: mounts.map(({ path }) => path), setup: made.join('\n') };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
