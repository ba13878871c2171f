import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { abiNumber, attachments, parse, profileNames } from '../policy/index.ts';
import { readBaseFolder } from '../sdk/base-folder.ts';
import { isPackageName, profileText, readPackageFolder } from '../sdk/package-folder.ts';
import { createPublisher, expectStatus, type Publisher, send } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { launch } from '../test/system/catalog/browser.ts';
import { isTeam, type Manifest, sha256, signStatement } from '../trust/index.ts';
import { startRegistry } from '../worker/node.ts';

/**
 * Saves screenshots of the catalog's pages in dist/catalog, or in FOLDER: `npm run screenshots -- [FOLDER]`. The registry has the packages in profiles/ and, if the corpus is there, up to 200 of its profiles; no page that is saved shows their
 * text.
 */
const root = join(import.meta.dirname, '..');
const corpus = process.env.AA_CORPUS ?? join(root, '../shared/corpus');
const [folder = join(root, 'dist/catalog')] = process.argv.slice(2);
const maxProfiles = 200;

/** The pages by the names of their images. */
const pages: Record<string, string> = {
  home: '/',
  results: '/?sort=published',
  search: '/?q=dbus',
  profile: '/p/library/docker-nginx',
  compare: '/p/library/docker-nginx/compare?from=docker-default&to=1.0.0',
  team: '/t/library',
  log: '/log',
  grades: '/explain/grades',
};
const widths = { narrow: { width: 360, height: 800 }, wide: { width: 1440, height: 1000 } };

const data = await mkdtemp(join(tmpdir(), 'aa-registry-screenshots-'));
const running = await startRegistry({ data, host: '127.0.0.1', port: 0 });
const registry = {
  fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
  adminToken: running.adminToken ?? '',
} as TestRegistry;
const publishers = new Map<string, Publisher>();

/** A package to publish as version 1.0.0. */
interface Package {
  team: string;
  name: string;
  text: string;
  manifest: Manifest;
  readme?: string | undefined;
}

/** Publishes a package; whether the registry accepted it. */
async function put({ team, name, text, manifest, readme }: Package): Promise<boolean> {
  const publisher = publishers.get(team) ?? (await createPublisher(registry, team));
  publishers.set(team, publisher);
  const digest = await sha256(new TextEncoder().encode(text));
  const subject = { team, name, version: '1.0.0', digest };
  const envelope = await signStatement({ ...subject, manifest }, [publisher.key]);
  const body = { profile: text, envelope, ...(readme !== undefined && { readme }) };
  const path = `/v1/profiles/${team}/${name}/versions/1.0.0`;
  const { status } = await send(registry, 'PUT', path, body, publisher.token);
  if (status !== 201) return false;
  await expectStatus(200, registry.fetch(`${path}/summary`));
  return true;
}

/** A profile of the corpus as a package for the host: its group is its team and its tag. */
async function ofCorpus(path: string): Promise<Package | undefined> {
  const text = await readFile(join(corpus, 'profiles/community', path), 'utf8');
  const { file } = parse(text);
  const [name, second] = profileNames(file);
  const abi = file.statements
    .map((one) => (one.kind === 'abi' ? abiNumber(one.path) : undefined))
    .find((one) => one !== undefined);
  const group = basename(dirname(path));
  if (!name || second || !abi || !isPackageName(name) || !isTeam(group)) return undefined;
  const manifest: Manifest = {
    description: `Confines ${name}`,
    ...{ kind: attachments(file).length > 0 ? 'host' : 'container', images: [] },
    ...{ abi, license: 'GPL-2.0-only', tags: [group] },
  };
  return { team: group, name, text, manifest };
}

async function fill(): Promise<void> {
  let count = 0;
  if (existsSync(corpus)) {
    const base = await readBaseFolder(join(corpus, 'base/5.0.2'));
    const sent = send(registry, 'PUT', '/v1/bases/5.0', { files: base }, registry.adminToken);
    await expectStatus(201, sent);
    const list = await readFile(join(corpus, 'profiles/community.expected.tsv'), 'utf8');
    const paths = list.split('\n').flatMap((line) => {
      const [, path] = line.split('\t');
      return path?.startsWith('groups/') ? [path] : [];
    });
    for (let at = 0; at < paths.length && count < maxProfiles; at += 3) {
      const found = await ofCorpus(paths[at] as string);
      if (found && (await put(found))) count++;
    }
  }
  for (const name of ['docker-default', 'nginx-hardened', 'docker-nginx']) {
    const its = await readPackageFolder(join(root, 'profiles', name));
    const { team, manifest, readme } = its;
    if (!(await put({ team, name, text: profileText(its), manifest, readme }))) {
      throw new Error(`${name} was refused`);
    }
    count++;
  }
  console.log(`${count} profiles are published`);
}

async function save(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const browser = await launch();
  try {
    const page = await browser.context.newPage();
    for (const [name, path] of Object.entries(pages)) {
      for (const [size, viewport] of Object.entries(widths)) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          await page.goto(new URL(path, running.url).href);
          const file = join(folder, `${name}-${size}-${colorScheme}.png`);
          await writeFile(file, await page.screenshot());
        }
      }
    }
  } finally {
    await browser.close();
  }
}

try {
  await fill();
  await save();
} finally {
  await running.close();
  await rm(data, { recursive: true });
}
