import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { aptFor } from '../kernel/apt.ts';
import { cached } from '../kernel/cache.ts';
import { run } from '../kernel/tools.ts';

/** The profile that a Docker Engine loads for containers by default, as its program has it. */
export interface EngineDefault {
  /** The version of Debian's package, such as 20.10.24. */
  version: string;
  text: string;
}

/**
 * The template of docker-default in the daemon of a Debian suite, filled in as on a host with AppArmor's base policy whose
 * daemon is unconfined.
 */
export async function engineDefault(suite: string): Promise<EngineDefault> {
  const apt = await aptFor(suite);
  const file = (await apt('apt-get', ['download', '--print-uris', '-qq', 'docker.io'])).toString();
  const [, version = ''] = /docker\.io_([\d.]+)/.exec(file) ?? [];
  const [, key = ''] = /SHA256:(\w{16})/.exec(file) ?? [];
  const folder = await cached(`docker-${suite}`, key, async (scratch) => {
    await apt('apt-get', ['download', '-qq', 'docker.io'], { cwd: scratch, timeoutMs: 300_000 });
    for (const deb of await readdir(scratch)) {
      await run('dpkg-deb', ['--extract', deb, '.'], { cwd: scratch });
      await rm(path.join(scratch, deb));
    }
  });
  return {
    version,
    text: filledIn(templateIn(await readFile(path.join(folder, 'usr/sbin/dockerd')))),
  };
}

/** The template, a constant of the program. */
function templateIn(program: Buffer): string {
  const at = program.indexOf('flags=(attach_disconnected,mediate_deleted) {');
  const from = program.lastIndexOf('{{range $value := .Imports}}', at);
  const to = program.indexOf('\n}\n', at);
  if (at < 0 || from < 0 || to < 0) throw new Error('dockerd has no template of docker-default');
  return program.subarray(from, to + 3).toString('latin1');
}

/** Fills in the template: its conditions, on the version of the parser, hold. */
function filledIn(template: string): string {
  const loop = (list: string) =>
    new RegExp(`\\{\\{-? ?range \\$value := \\.${list}[\\s\\S]*?end ?-?\\}\\}`);
  const text = template
    .replace(loop('Imports'), '#include <tunables/global>')
    .replace(loop('InnerImports'), '#include <abstractions/base>')
    .replaceAll('{{.Name}}', 'docker-default')
    .replaceAll('{{.DaemonProfile}}', 'unconfined')
    .replaceAll(/\{\{-? ?(?:if|end)\b[^}]*\}\}/g, '');
  if (text.includes('{{')) throw new Error(`The template has another form: ${text}`);
  return text;
}
