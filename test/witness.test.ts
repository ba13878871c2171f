import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { trustPath } from '../sdk/trust-file.ts';
import { type RunningWitness, startWitness } from '../sdk/witness-server.ts';
import {
  cosignText,
  formatSignatures,
  generateNoteKey,
  type NoteKey,
  parseAddCheckpoint,
  parseNote,
  verifyCheckpoint,
} from '../trust/log/index.ts';
import { scratch } from './cli/cli.ts';
import { command } from './command.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
} from './publisher.ts';
import { runtimes, type TestRegistry } from './runtimes.ts';

let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.clean());

describe.each(runtimes)('a registry on $name with a witness', ({ name, start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let key: NoteKey;
  let logKey: NoteKey;
  let state: string;
  let port = 0;
  let witness: RunningWitness | undefined;
  let host: string;
  let version = 0;

  const startOne = async () => {
    const logs = [{ origin: logKey.name, keys: [logKey] }];
    witness = await startWitness({ key, logs, state, host: '127.0.0.1', port });
    port = Number(new URL(witness.url).port);
    return witness;
  };

  const stopWitness = async () => {
    await witness?.close();
    witness = undefined;
  };

  beforeAll(async () => {
    const place = join(folder.path, name);
    host = join(place, 'host');
    state = join(place, 'witness');
    key = await generateNoteKey('witness.test', 'cosignature');
    logKey = await generateNoteKey('registry.test/log');
    const { url } = await startOne();
    registry = await start({ logKey, witnesses: [`${key.verifier}=${url}`] });
    library = await createPublisher(registry, 'library');
    await publishNext();
    await mkdir(host, { recursive: true });
    const trust = ['trust', 'init', '--root', host, '--registry', registry.url, '--yes'];
    const trusted = await command(trust);
    expect(trusted, trusted.output).toMatchObject({ code: 0 });
    const toml = (await readFile(trustPath(host), 'utf8'))
      .replace(/witnesses = \[.*\]/, `witnesses = ["${key.verifier}"]`)
      .replace('witness_threshold = 0', 'witness_threshold = 1');
    await writeFile(trustPath(host), toml);
  });
  afterAll(async () => {
    await registry.close();
    await stopWitness();
  });

  async function publishNext(): Promise<void> {
    const draft = {
      name: 'web',
      version: `1.0.${++version}`,
      text: profileText('web', `/${version}`),
    };
    await expectStatus(201, publish(registry, library, draft));
  }

  const pull = () => command(['pull', 'web', '--root', host]);
  const installed = () => readFile(join(host, 'etc/apparmor.d/aa-registry.library.web'), 'utf8');

  async function expectPulled(): Promise<void> {
    const outcome = await pull();
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    expect(await installed()).toContain(`/srv/web/${version}/`);
  }

  async function expectRefused(): Promise<void> {
    const before = await installed();
    const outcome = await pull();
    expect(outcome.output).toContain('[checkpoint-witnesses]');
    expect(outcome.code).toBe(3);
    expect(await installed()).toBe(before);
  }

  test('a host that requires the witness pulls while the log grows', async () => {
    await expectPulled();
    for (let round = 0; round < 3; round++) {
      await publishNext();
      await expectPulled();
    }
  });

  test('every checkpoint is cosigned during concurrent publications', async () => {
    const drafts = Array.from({ length: 12 }, (_, at) => ({
      name: `many-${at}`,
      version: '1.0.0',
    }));
    const responses = await Promise.all(
      drafts.map((draft) => expectStatus(201, publish(registry, library, draft))),
    );
    const identity = { origin: logKey.name, keys: [logKey] };
    for (const response of responses) {
      const { proof } = (await response.json()) as { proof: { checkpoint: string } };
      const opened = await verifyCheckpoint(proof.checkpoint, identity, [key]);
      expect(opened.ok && opened.signatures.map(({ verifier }) => verifier)).toContain(key);
    }
  });

  test('the checkpoint of the witness verifies with the registry', async () => {
    const logFolder = join(state, 'registry.test%2Flog.log');
    const [number = ''] = await readdir(logFolder);
    const file = join(host, 'witnessed');
    await writeFile(file, await readFile(join(logFolder, number)));
    const about = ['--registry', registry.url, '--log-key', logKey.verifier];
    const outcome = await command(['log', 'verify', ...about, '--state', file]);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
  });

  test('a host refuses while the witness is down, and pulls when it is back', async () => {
    await stopWitness();
    await publishNext();
    await expectRefused();
    // A bundle may contain entries above and below the last cosigned checkpoint.
    const other = join(host, 'other');
    await mkdir(other, { recursive: true });
    const init = ['trust', 'init', '--root', other, '--registry', registry.url, '--yes'];
    expect(await command(init)).toMatchObject({ code: 0 });
    for (const names of [
      ['many-0', 'web'],
      ['web', 'many-0'],
    ]) {
      const file = join(other, 'a.bundle');
      const bundled = await command(['bundle', ...names, '-o', file, '--trust', trustPath(other)]);
      expect(bundled, bundled.output).toMatchObject({ code: 0 });
      const pulled = await command(['pull', '--bundle', file, ...names, '--root', other]);
      expect(pulled, pulled.output).toMatchObject({ code: 0 });
    }
    await startOne();
    // The registry waits some seconds before it retries a failed witness.
    const recovered = async () => {
      await registry.deliver();
      await expectPulled();
    };
    await vi.waitFor(recovered, { timeout: 30_000, interval: 1000 });
  });

  test('a host refuses an outdated cosignature', async () => {
    await publishNext();
    await expectPulled();
    const path = trustPath(host);
    const toml = await readFile(path, 'utf8');
    // The registry renews cosignatures after a minute; this host requires one of the last four seconds.
    await writeFile(path, toml.replace(/maximum_age_hours = .*/, 'maximum_age_hours = 0.0011'));
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await expectRefused();
    await writeFile(path, toml);
    await expectPulled();
  });
});

describe.each(runtimes)('a registry on $name with a hostile witness', (runtime) => {
  let registry: TestRegistry;
  let library: Publisher;
  let good: NoteKey;
  let bad: NoteKey;
  let logKey: NoteKey;
  let witness: RunningWitness;
  let hostile: Server;
  let host: string;
  let requests = 0;
  let version = 0;
  let behave: (text: string, response: ServerResponse) => void = (_, response) => response.end();

  beforeAll(async () => {
    const place = join(folder.path, `hostile-${runtime.name}`);
    host = join(place, 'host');
    good = await generateNoteKey('good.test', 'cosignature');
    bad = await generateNoteKey('bad.test', 'cosignature');
    logKey = await generateNoteKey('registry.test/log');
    witness = await startWitness({
      key: good,
      logs: [{ origin: logKey.name, keys: [logKey] }],
      state: join(place, 'state'),
      host: '127.0.0.1',
      port: 0,
    });
    hostile = createServer(async (request, response) => {
      requests++;
      const body = await text(request).catch(() => '');
      const { checkpoint = '' } = parseAddCheckpoint(body) ?? {};
      behave(parseNote(checkpoint)?.text ?? '', response);
    });
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
    registry = await runtime.start({
      logKey,
      witnesses: [`${good.verifier}=${witness.url}`, `${bad.verifier}=${address}`],
    });
    library = await createPublisher(registry, 'library');
    await publishNext();
    await mkdir(host, { recursive: true });
    const trust = ['trust', 'init', '--root', host, '--registry', registry.url, '--yes'];
    const trusted = await command(trust);
    expect(trusted, trusted.output).toMatchObject({ code: 0 });
    const toml = (await readFile(trustPath(host), 'utf8'))
      .replace(/witnesses = \[.*\]/, `witnesses = ["${good.verifier}", "${bad.verifier}"]`)
      .replace('witness_threshold = 0', 'witness_threshold = 1');
    await writeFile(trustPath(host), toml);
  });
  afterAll(async () => {
    await registry.close();
    await witness.close();
    hostile.closeAllConnections();
    await new Promise((resolve) => hostile.close(resolve));
  });

  async function publishNext(): Promise<void> {
    const draft = {
      name: 'web',
      version: `1.0.${++version}`,
      text: profileText('web', `/${version}`),
    };
    await expectStatus(201, publish(registry, library, draft));
  }

  /** Waits until the failed witness gets another request. */
  async function waitForRequest(): Promise<void> {
    const before = requests;
    const expectRequest = async () => {
      await registry.deliver();
      expect(requests).toBeGreaterThan(before);
    };
    await vi.waitFor(expectRequest, { timeout: 50_000, interval: 500 });
  }

  const impostor = async (about: string) => {
    const line = await cosignText(about, bad, new Date());
    return formatSignatures([{ ...line, name: good.name, id: good.id }]);
  };

  const checkpoint = async () => {
    const response = await expectStatus(200, registry.fetch('/log/checkpoint'));
    return response.text();
  };

  test('that cosigns only later trees while the log grows does not displace the other’s cosignatures', async () => {
    await publishNext();
    let moves = 0;
    const grow = async () => {
      const path = `/v1/profiles/library/web/channels/c${++moves}`;
      const move = { version: '1.0.1', previous: null };
      await expectStatus(200, send(registry, 'PUT', path, move, library.token));
    };
    let isAhead = true;
    behave = async (about, response) => {
      const size = Number(about.split('\n')[1]);
      await grow();
      if (isAhead && moves < 12) response.writeHead(409).end(`${size + 1}\n`);
      else response.end(formatSignatures([await cosignText(about, bad, new Date())]));
      isAhead = !isAhead;
    };
    // Paused after its first failure.
    await waitForRequest();
    await registry.deliver();
    const { signatures } = parseNote(await checkpoint()) ?? {};
    expect(signatures?.map(({ name }) => name)).toContain(good.name);
  });

  test.each<[string, typeof behave]>([
    ['signs as the other one', async (about, response) => response.end(await impostor(about))],
    [
      'signs for the time six minutes ahead',
      async (about, response) => {
        const later = new Date(Date.now() + 360_000);
        response.end(formatSignatures([await cosignText(about, bad, later)]));
      },
    ],
    ['names sizes that fall', (_, response) => response.writeHead(409).end(`${1000 - requests}\n`)],
    ['never responds', () => {}],
  ])('that %s does not prevent pulls with the other’s cosignatures', async (_, how) => {
    behave = how;
    await publishNext();
    if (version > 2) await waitForRequest();
    const { signatures } = parseNote(await checkpoint()) ?? {};
    expect(signatures?.map(({ name }) => name)).toEqual([logKey.name, logKey.name, good.name]);
    const outcome = await command(['pull', 'web', '--root', host]);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
  });

  test('reads do not send requests to witnesses', async () => {
    await registry.deliver();
    const before = requests;
    for (let round = 0; round < 10; round++) {
      await checkpoint();
      await expectStatus(200, registry.fetch('/v1/profiles/library/web/versions/1.0.1/proof'));
      await expectStatus(200, registry.fetch(`/v1/log/entries/0/proof?since=${round % 2}`));
    }
    expect(requests).toBe(before);
  });
});

describe.each(runtimes)(
  'a registry on $name with witnesses without a configured key',
  (runtime) => {
    test('one that signs under another’s name does not displace its cosignature', async () => {
      const place = join(folder.path, `keyless-${runtime.name}`);
      const host = join(place, 'host');
      const logKey = await generateNoteKey('registry.test/log');
      const [good, bad] = await Promise.all(
        ['good.test', 'bad.test'].map((name) => generateNoteKey(name, 'cosignature')),
      );
      if (!good || !bad) throw new TypeError('no keys');
      const logs = [{ origin: logKey.name, keys: [logKey] }];
      const state = join(place, 'state');
      const witness = await startWitness({ key: good, logs, state, host: '127.0.0.1', port: 0 });
      const hostile = createServer(async (request, response) => {
        const { checkpoint = '' } = parseAddCheckpoint(await text(request)) ?? {};
        const about = parseNote(checkpoint)?.text ?? '';
        const forged = await Promise.all(
          [0, 10, 20].map((ahead) => cosignText(about, bad, new Date(Date.now() + ahead * 1000))),
        );
        // Also under the log's own key.
        response.end(
          formatSignatures(
            [good, logKey].flatMap(({ name, id }) => forged.map((one) => ({ ...one, name, id }))),
          ),
        );
      });
      await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
      const { port } = hostile.address() as AddressInfo;
      const witnesses = [`http://127.0.0.1:${port}`, witness.url];
      const registry = await runtime.start({ logKey, witnesses });
      try {
        const library = await createPublisher(registry, 'library');
        await expectStatus(201, publish(registry, library, { name: 'web', version: '1.0.0' }));
        const about = ['--root', host, '--registry', registry.url, '--yes'];
        await mkdir(host, { recursive: true });
        expect(await command(['trust', 'init', ...about])).toMatchObject({ code: 0 });
        const toml = (await readFile(trustPath(host), 'utf8'))
          .replace(/witnesses = \[.*\]/, `witnesses = ["${good.verifier}"]`)
          .replace('witness_threshold = 0', 'witness_threshold = 1');
        await writeFile(trustPath(host), toml);
        const outcome = await command(['pull', 'web', '--root', host]);
        expect(outcome, outcome.output).toMatchObject({ code: 0 });
        const note = await (await registry.fetch('/log/checkpoint')).text();
        const count = ({ name, id }: NoteKey) =>
          parseNote(note)?.signatures.filter((one) => one.name === name && one.id === id).length;
        expect([count(good), count(logKey)]).toEqual([2, 1]);
      } finally {
        await registry.close();
        await witness.close();
        hostile.closeAllConnections();
        hostile.close();
      }
    });
  },
);
