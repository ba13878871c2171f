import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, type Outcome } from '../command.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import { node, type TestRegistry } from '../runtimes.ts';

/** A registry with a team, and hosts that are folders, without a kernel. */
export interface Fixture {
  registry: TestRegistry;
  team: Publisher;
  /** Creates a host that trusts the team. */
  host: () => Promise<string>;
  /** Publishes a version, whose text contains its number unless a text is given. */
  publish: (name: string, version: string, text?: string) => Promise<string>;
  yank: (name: string, version: string, reason: string) => Promise<void>;
  close: () => Promise<void>;
}

/** The text of a version of {@link Fixture.publish}: without abstractions, which take two thirds of compiling it. */
export function textOf(name: string, version: string): string {
  return profileText(name, `/${version}`).replace('  include <abstractions/base>\n\n', '');
}

export async function startFixture(): Promise<Fixture> {
  const registry = await node.start();
  const team = await createPublisher(registry, 'library');
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  let hosts = 0;
  return {
    registry,
    team,
    host: async () => {
      const root = join(folder, `host-${++hosts}`);
      await mkdir(root, { recursive: true });
      await succeed(['trust', 'init', '--root', root, '--registry', registry.url, '--yes']);
      return root;
    },
    publish: async (name, version, text = textOf(name, version)) => {
      await expectStatus(201, publish(registry, team, { name, version, text }));
      return text;
    },
    yank: async (name, version, reason) => {
      const path = `/v1/profiles/library/${name}/versions/${version}/yank`;
      await expectStatus(200, send(registry, 'POST', path, { reason }, team.token));
    },
    close: async () => {
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Runs a command, which must succeed. */
export async function succeed(args: string[]): Promise<Outcome> {
  const outcome = await command(args);
  if (outcome.code !== 0) throw new Error(`${args.join(' ')}: ${outcome.code}\n${outcome.output}`);
  return outcome;
}

/** The contents of a host's files by path, in all folders that the program writes, except the log. */
export async function filesOf(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const place of ['etc/apparmor.d', 'var/lib/aa-registry']) {
    const folder = join(root, place);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length + 1);
      if (name.startsWith('var/lib/aa-registry/log/')) continue;
      if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
      else if (entry.isFile()) found[name] = await readFile(path, 'utf8');
    }
  }
  return found;
}
