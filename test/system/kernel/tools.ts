import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The folders of programs: the PATH and the sbin folders. */
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The environment of programs, with messages in English. */
export const environment = { ...process.env, PATH: folders.join(':'), LC_ALL: 'C.UTF-8' };

/** Whether a program is installed. */
export function installed(program: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** A minute by default. */
  timeoutMs?: number;
}

/** Runs a program and returns its output; throws its standard error if it fails. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      {
        cwd: options.cwd,
        env: { ...environment, ...options.env },
        encoding: 'buffer',
        maxBuffer: 64 * 1024 * 1024,
        timeout: options.timeoutMs ?? 60_000,
        killSignal: 'SIGKILL',
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const complaint = stderr.toString().trim() || error.message;
        reject(new Error(`${program}: ${complaint}`, { cause: error }));
      },
    );
  });
}
