import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectStatus, manifest, publish } from '../publisher.ts';
import type { Fixture } from './fixture.ts';

/** The parts of a profile's text that tests vary. */
export interface Text {
  abi?: string;
  preamble?: string;
  /** What follows the name: an attachment, flags. */
  head?: string;
  rules?: string[];
}

/** The text of a profile, which reads what it has in `/srv`. */
export function textOf(
  name: string,
  { abi = 'abi/3.0', preamble = '', head = '', rules = [] }: Text,
): string {
  return [
    `abi <${abi}>,`,
    'include <tunables/global>',
    preamble,
    `profile ${name} ${head} {`,
    '  include <abstractions/base>',
    `  include if exists <local/${name}>`,
    `  /srv/${name}/** r,`,
    ...rules.map((rule) => `  ${rule}`),
    '}',
    '',
  ].join('\n');
}

/** Gives a host a small base policy. */
export async function writeBase(root: string): Promise<void> {
  const files = {
    'abi/3.0': '',
    'abi/4.0': '',
    'abi/odd': '',
    'tunables/global': '@{HOME}=/home/*/ /root/\n@{DATA}=/srv/data\n',
    'abstractions/base': '/etc/ld.so.cache r,\n',
    'abstractions/wide': '/etc/shadow rw,\n',
    'abstractions/config': '/etc/app.conf r,\n',
  };
  for (const folder of ['abi', 'tunables', 'abstractions', 'local']) {
    await mkdir(join(root, 'etc/apparmor.d', folder), { recursive: true });
  }
  for (const [path, text] of Object.entries(files)) {
    await writeFile(join(root, 'etc/apparmor.d', path), text);
  }
}

/** Publishes a version with the team’s key. */
export async function publishText(
  { registry, team }: Fixture,
  name: string,
  version: string,
  text: Text,
): Promise<void> {
  const abi = text.abi === 'abi/4.0' ? '4.0' : '3.0';
  // Profiles for containers attach to no program.
  const kind = /^[/@]/.test(text.head ?? '') ? { kind: 'host' as const } : {};
  const draft = {
    name,
    version,
    text: textOf(name, text),
    manifest: { ...manifest, ...kind, abi },
  };
  await expectStatus(201, publish(registry, team, draft));
}
