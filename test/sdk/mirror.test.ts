import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectMirror } from '../../sdk/mirror/connection.ts';
import { refusing } from '../../sdk/mirror/refusal.ts';
import { openRepository } from '../../sdk/mirror/repository.ts';
import { openMirror } from '../../sdk/mirror/source.ts';
import { waitLimits } from '../../sdk/pacing.ts';
import { digestOf, startMirror } from '../oci-mirror.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The result of listing the tags of a registry that sends these pages, the last one without end. */
async function listTags(...pages: unknown[]) {
  const mirror = await startMirror();
  let sent = 0;
  mirror.intercept = ({ url }, response) => {
    const page = pages[Math.min(sent++, pages.length - 1)];
    // Reading a large page may take longer than the server keeps an idle connection.
    response.setHeader('Connection', 'close');
    if (sent < pages.length) response.setHeader('Link', `<${url}>; rel="next"`);
    response.end(typeof page === 'string' ? page : JSON.stringify(page));
    return true;
  };
  const { tags } = openRepository(connectMirror(`http://${mirror.host}`), 'library/web');
  try {
    return await refusing(async () => ({ ok: true as const, tags: await tags() }));
  } finally {
    await mirror.close();
  }
}

test('tags are those of all pages', async () => {
  const found = await listTags({ tags: ['1.0.0', '1.1.0'] }, { tags: null }, { tags: ['latest'] });
  expect(found).toEqual({ ok: true, tags: ['1.0.0', '1.1.0', 'latest'] });
});

test.each([
  ['too many on a page', { tags: Array.from({ length: 300_000 }, () => 'a') }],
  ['deep nesting', '['.repeat(100_000)],
  ['something else', 'null'],
])('a list of tags with %s is malformed', async (_, page) => {
  expect(await listTags(page)).toMatchObject({ ok: false, id: 'mirror-malformed' });
});

test('the pages of a list have a limit together', async () => {
  const page = JSON.stringify({ tags: Array.from({ length: 30_000 }, () => 'a'.repeat(120)) });
  await expect(listTags(...Array.from({ length: 9 }, () => page))).rejects.toThrow(
    'sent more than',
  );
});

test('slow responses end a connection', async () => {
  const mirror = await startMirror();
  mirror.intercept = (_, response) => {
    setTimeout(() => response.end('{"tags":[]}'), 1100);
    return true;
  };
  const list = (slow: number) => {
    const limits = { waitLimits: { ...waitLimits.usual, slow } };
    return openRepository(connectMirror(`http://${mirror.host}`, limits), 'library/web').tags();
  };
  try {
    expect(await list(60_000)).toEqual([]);
    await expect(list(0)).rejects.toThrow('responds too slowly');
  } finally {
    await mirror.close();
  }
});

test('a connection sends a limited number of requests, redirects included', async () => {
  const mirror = await startMirror();
  mirror.intercept = ({ url = '' }, response) => {
    const left = Number(/\d+$/.exec(url)?.[0] ?? 5);
    if (left > 0) response.writeHead(307, { Location: `/again/${left - 1}` });
    else response.writeHead(404);
    response.end();
    return true;
  };
  const { get } = connectMirror(`http://${mirror.host}`);
  const read = () => get('/v2/', { maxBytes: 1000 });
  try {
    for (let reads = 0; reads < 333; reads++) await read();
    await expect(read()).rejects.toThrow('needs more than 2000 requests');
  } finally {
    await mirror.close();
  }
});

const openLayout = () => openMirror(`oci:${folder}`, [], () => ({}));

const blob = (digest: string) => join(folder, 'blobs', digest.replace(':', '/'));

/** Writes an index of a layout that names these digests; returns its own. */
async function writeIndex(digests: readonly string[], file?: string): Promise<string> {
  const named = digests.map((digest) => ({ mediaType: '', digest, size: 0 }));
  const text = JSON.stringify({ manifests: named });
  const digest = digestOf(text);
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  await writeFile(file ?? blob(digest), text);
  return digest;
}

const absent = (count: number, start: number) =>
  Array.from({ length: count }, (_, at) => digestOf(`${start + at}`));

test('a layout with indexes of indexes of what it does not have is refused', async () => {
  const indexes: string[] = [];
  for (let at = 0; at < 11; at++) indexes.push(await writeIndex(absent(1000, at * 1000)));
  await writeIndex(indexes, join(folder, 'index.json'));
  expect(await openLayout()).toMatchObject({ ok: false, id: 'mirror-malformed' });
});

test('an index that names itself ends', async () => {
  const own = await writeIndex(absent(3, 0));
  await writeIndex([own, own], join(folder, 'index.json'));
  expect(await openLayout()).toMatchObject({ ok: false, id: 'evidence-missing' });
});

test('the files of a layout are opened only if they are regular ones', async () => {
  const index = join(folder, 'index.json');
  const elsewhere = join(folder, 'elsewhere');
  // A file with other names is as good as a copy.
  const own = await writeIndex([], elsewhere);
  await link(elsewhere, index);
  expect(await openLayout()).toMatchObject({ ok: false, id: 'evidence-missing' });
  await rm(index);
  for (const target of [elsewhere, '/dev/zero', '/dev/null']) {
    await symlink(target, index);
    await expect(openLayout()).rejects.toThrow('links are not followed');
    await rm(index);
  }
  await writeIndex([own], index);
  await symlink(elsewhere, blob(own));
  await expect(openLayout()).rejects.toThrow('links are not followed');
});
