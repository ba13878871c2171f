// The includes of other packages' abstractions.

/** The folder of installed abstractions of packages, below /etc/apparmor.d. */
const folder = 'abstractions/aa-registry';

/** A path without empty parts and `.`, which mean nothing. */
function plain(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** Whether an include reads abstractions of packages. */
export function isOfPackage(path: string): boolean {
  const whole = plain(path);
  return whole === folder || whole.startsWith(`${folder}/`);
}

/** The `team/name` of the package whose abstraction is included; undefined for a folder, or a path that is not plain. */
export function includedPackage(path: string): string | undefined {
  return /^abstractions\/aa-registry\/([^/]+\/[^/]+)$/.exec(path)?.[1];
}
