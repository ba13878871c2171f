import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { CliError, exit } from '../../cli/framework/command.ts';

/**
 * Loads libsql's native module out of the executable that this program is: scripts/build-binary.ts has libsql's
 * own loader (@neon-rs/load) replaced by this. The kernel loads code from files only, so it is one for as long
 * as that takes, in a folder that nobody else can enter.
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
      `Name a folder in TMPDIR that can be written to and is not mounted noexec.`,
    );
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  return native.exports;
}

/** What libsql asks of its loader too; it has only one target to choose here. */
export function currentTarget(): string {
  return 'linux-x64-gnu';
}
