import { basename, dirname, join } from 'node:path';
import { visibleLine } from '../terminal/io.ts';
import { CliError, exit } from './command.ts';

/** What Node.js throws when the system refuses something. */
export interface SystemError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** Whether an error is the system's. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error;
}

/** What --format json calls what the system says. */
const ids: Record<string, string> = {
  EADDRINUSE: 'address-in-use',
  EADDRNOTAVAIL: 'address-unavailable',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  ENOENT: 'file-missing',
  EISDIR: 'not-a-file',
  ENOTDIR: 'not-a-folder',
  ENOSPC: 'disk-full',
  EROFS: 'read-only-disk',
};

/** What the system says with a code, as people say it. */
export function sayTrouble(error: SystemError): CliError {
  const { code = '', syscall, address, port } = error;
  const path = error.path === undefined ? undefined : visibleLine(finalPath(error.path));
  const listener = `${address}:${port}`;
  const isListening = syscall === 'listen';
  const said = (message: string, next?: string) =>
    new CliError(exit.failed, message, next, ids[code] ?? 'system-error');
  switch (code) {
    case 'EADDRINUSE':
      return said(
        `Something listens on ${listener} already.`,
        'Name another port; --port 0 picks one that is free.',
      );
    case 'EADDRNOTAVAIL':
      return said(`This machine has no address ${address}.`);
    case 'EACCES':
    case 'EPERM':
      if (isListening)
        return said(`Only root may listen on ${listener}.`, 'Name a port above 1023.');
      if (path === undefined) break;
      return said(
        `You have no permission for ${path}.`,
        process.getuid?.() === 0 ? undefined : 'If it is the system’s, run this with sudo.',
      );
    case 'ENOENT':
      if (path === undefined) break;
      return said(`There is no ${path}.`);
    case 'EISDIR':
      return said(`${path ?? 'What was named'} is a folder, and a file is needed.`);
    case 'ENOTDIR':
      if (path === undefined) break;
      return said(`${path} leads through a file that is no folder.`);
    case 'ENOSPC':
      return said(`The disk is full${path === undefined ? '' : `: ${path}`}.`);
    case 'EROFS':
      return said(`${path ?? 'That place'} is on a disk that may only be read.`);
  }
  return said(`${error.message}.`);
}

/** The file that is meant, where it is a staged one (see sdk/files.ts) that failed. */
function finalPath(path: string): string {
  const staged = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/.exec(basename(path))?.[1];
  return staged === undefined ? path : join(dirname(path), staged);
}
