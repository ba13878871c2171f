import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { CliError, exit } from '../../cli/framework/command.ts';

/**
 * Loads libsql's native module from the executable; scripts/build-binary.ts replaces libsql's loader (@neon-rs/load) with
 * this. Since code can only be loaded from a file, it is written to a private folder meanwhile.
 */
export function load(): unknown {
  let folder: string | undefined;
  const native = { exports: {} };
  try {
    folder = mkdtempSync(join(tmpdir(), 'aa-registry-'));
    const path = join(folder, 'libsql.node');
    writeFileSync(path, new Uint8Array(getRawAsset('libsql.node')), { mode: 0o600 });
    process.dlopen(native, path);
  } catch (error) {
    throw new CliError(
      exit.unable,
      `The embedded database can't be loaded: ${(error as Error).message}.`,
      `Set TMPDIR to a folder that is writable and not mounted noexec.`,
    );
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  return native.exports;
}

/** The other export of libsql's loader; the executable has only one target. */
export function currentTarget(): string {
  return 'linux-x64-gnu';
}
