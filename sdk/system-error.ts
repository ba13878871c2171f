import { basename, dirname, join } from 'node:path';
import { visibleLine } from '../policy/visible.ts';
import { type ErrorCode, SdkError } from './error.ts';

/** What Node.js throws when the system refuses something. */
interface SystemError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** Whether an error is the system's. */
function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error;
}

const codes: Record<string, ErrorCode> = {
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

/** A system's error as an {@link SdkError} that says what it means; anything else as it is. */
export function explainSystemError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const { message, next } = explain(error);
  const code = codes[error.code ?? ''] ?? 'system-error';
  return new SdkError(code, message, { next, cause: error });
}

/** Does a call's work, so that the only errors of the system's that a program sees are {@link SdkError}s. */
export async function explainingErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw explainSystemError(error);
  }
}

function explain(error: SystemError): { message: string; next?: string | undefined } {
  const { code, syscall, address, port } = error;
  const path = error.path === undefined ? undefined : visibleLine(finalPath(error.path)) || '""';
  const listener = `${address}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return {
        message: `Something listens on ${listener} already`,
        next: 'Name another port; --port 0 picks one that is free.',
      };
    case 'EADDRNOTAVAIL':
      return { message: `This machine has no address ${address}` };
    case 'EACCES':
    case 'EPERM':
      if (syscall === 'listen')
        return { message: `Only root may listen on ${listener}`, next: 'Name a port above 1023.' };
      if (path === undefined) break;
      return {
        message: `You have no permission for ${path}`,
        next: process.getuid?.() === 0 ? undefined : 'If it is the system’s, run this with sudo.',
      };
    case 'ENOENT':
      if (path === undefined) break;
      return { message: `There is no ${path}` };
    case 'EISDIR':
      return { message: `${path ?? 'What was named'} is a folder, and a file is needed` };
    case 'ENOTDIR':
      if (path === undefined) break;
      return { message: `${path} leads through a file that is no folder` };
    case 'ENOSPC':
      return { message: `The disk is full${path === undefined ? '' : `: ${path}`}` };
    case 'EROFS':
      return { message: `${path ?? 'That place'} is on a disk that may only be read` };
  }
  return { message: error.message };
}

/** The file that is meant, where it is a staged one (see files.ts) that failed. */
function finalPath(path: string): string {
  const staged = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/.exec(basename(path))?.[1];
  return staged === undefined ? path : join(dirname(path), staged);
}
