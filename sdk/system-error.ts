import { basename, dirname, join } from 'node:path';
import { visibleLine } from '../policy/visible.ts';
import { type ErrorCode, SdkError } from './error.ts';

/** A Node.js system error. */
interface SystemError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** Whether an error is a system error. */
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

/** Explains a system error as an {@link SdkError}; returns anything else unchanged. */
export function explainSystemError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const { message, next } = explain(error);
  const code = codes[error.code ?? ''] ?? 'system-error';
  return new SdkError(code, message, { next, cause: error });
}

/** Runs a call's work, turning system errors into {@link SdkError}s. */
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
        message: `${listener} is already in use`,
        next: 'Choose another port; --port 0 picks a free one.',
      };
    case 'EADDRNOTAVAIL':
      return { message: `This machine has no address ${address}` };
    case 'EACCES':
    case 'EPERM':
      if (syscall === 'listen')
        return {
          message: `Listening on ${listener} requires root`,
          next: 'Choose a port above 1023.',
        };
      if (path === undefined) break;
      return {
        message: `Permission denied: ${path}`,
        next: process.getuid?.() === 0 ? undefined : 'If it is a system file, run this with sudo.',
      };
    case 'ENOENT':
      if (path === undefined) break;
      return { message: `${path} does not exist` };
    case 'EISDIR':
      return { message: `${path ?? 'What was named'} is a folder, and a file is needed` };
    case 'ENOTDIR':
      if (path === undefined) break;
      return { message: `${path} has a parent that is not a folder` };
    case 'ENOSPC':
      return { message: `The disk is full${path === undefined ? '' : `: ${path}`}` };
    case 'EROFS':
      return { message: `${path ?? 'That place'} is on a read-only file system` };
  }
  return { message: error.message };
}

/** The final path for a staged file (see files.ts) that failed. */
function finalPath(path: string): string {
  const staged = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/.exec(basename(path))?.[1];
  return staged === undefined ? path : join(dirname(path), staged);
}
