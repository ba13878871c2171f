import { afterEach, describe, expect, test } from 'vitest';
import { analysePackage } from '../../worker/analysis/analyse.ts';
import { Busy } from '../../worker/analysis/analyser.ts';
import { createFairQueue } from '../../worker/analysis/fair-queue.ts';
import { type AnalyserThreads, createAnalyserThreads } from '../../worker/analysis/threads.ts';
import { profileText } from '../publisher.ts';
import { packageOf } from './packages.ts';

describe('analysis threads', () => {
  let threads: AnalyserThreads;
  afterEach(() => threads.close());

  const good = packageOf(profileText('web'), '# About\n');
  /** Larger than any registry accepts. */
  const huge = packageOf('#\n'.repeat(20_000_000));

  test('return the same result as an analysis in the calling thread', async () => {
    threads = createAnalyserThreads();
    let queue = 0;
    const timer = setInterval(() => queue++, 1);
    expect(await threads.analyse(good, 'library')).toEqual(analysePackage(good));
    clearInterval(timer);
    expect(queue).toBeGreaterThan(3);
  });

  test.each([
    ['time', { time: 1 }, 'took more than 0.001 s'],
    ['memory', { memory: 48, time: 120_000 }, 'took more than 48 MiB of memory'],
  ])('stop a package that exceeds the limit of %s and continue', async (_, limits, reason) => {
    threads = createAnalyserThreads({ threads: 1, ...limits });
    const [given, next] = await Promise.all([
      threads.analyse(huge, 'library'),
      threads.analyse(good, 'library'),
    ]);
    expect(given).toMatchObject({
      errors: 1,
      grade: 'F',
      diagnostics: [{ id: 'analysis-limit', message: expect.stringContaining(reason) }],
    });
    if ('memory' in limits) expect(next).toEqual(analysePackage(good));
  });

  test('stop a summary or a comparison that exceeds a limit, with the reason', async () => {
    threads = createAnalyserThreads({ threads: 1, time: 1 });
    const task = { release: '4.1', base: null } as const;
    const { text } = packageOf(profileText('web'));
    const [summary, diff] = await Promise.all([
      threads.permissions.summarize({ ...task, steps: 1_000_000_000, text: huge.text }, 'library'),
      threads.permissions.compare({ ...task, from: huge.text, to: text }, 'library'),
    ]);
    const reason = 'The analysis was stopped: it took more than 0.001 s.';
    expect(summary).toMatchObject({ state: 'unknown', reason, profiles: [] });
    expect(diff).toMatchObject({ state: 'unknown', reason, same: null, differences: [] });
  });

  test('have a heap that is sufficient for a package of the maximum size', async () => {
    threads = createAnalyserThreads({ threads: 1, time: 120_000 });
    const rules = (rule: (at: number) => string) => {
      const lines = Array.from({ length: 9_900 }, (_, at) => `  ${rule(at)}`).join('\n');
      return packageOf(`abi <abi/3.0>,\nprofile web {\n${lines}\n}\n`);
    };
    const packs = [
      rules((at) => `/srv/{a,b}${at}/** rw,`),
      rules((at) => `owner /x${at} rix,`),
      rules((at) => `/*${at} px -> y,`),
    ];
    for (const pack of packs) {
      const { diagnostics } = await threads.analyse(pack, 'library');
      expect(diagnostics.map(({ id }) => id)).not.toContain('analysis-limit');
    }
  });

  test('refuse packages when the queue is full, and reject waiting ones on close', async () => {
    threads = createAnalyserThreads({ threads: 1, waiting: 3, waitingEach: 2 });
    const of = (team: string) => threads.analyse(good, team).catch((error: unknown) => error);
    // The first is analysed immediately.
    const results = ['a', 'a', 'a', 'a', 'b', 'c'].map(of);
    expect(await results[3]).toBeInstanceOf(Busy);
    expect(await results[5]).toBeInstanceOf(Busy);
    expect(await results[0]).toMatchObject({ errors: 0 });
    await threads.close();
    expect(await results[4]).toBeInstanceOf(Busy);
    expect(await of('a')).toBeInstanceOf(Busy);
  });
});

test('a team with many packages does not delay other teams', () => {
  const queue = createFairQueue<string>(10, 5);
  for (const item of ['a1', 'a2', 'a3', 'b1', 'a4', 'c1', 'b2', 'a5', 'a6', 'd1', 'e1']) {
    queue.add(item.charAt(0), item);
  }
  const taken = [];
  for (let item = queue.next(); item; item = queue.next()) taken.push(item);
  expect(taken).toEqual(['a1', 'b1', 'c1', 'd1', 'e1', 'a2', 'b2', 'a3', 'a4', 'a5']);
});
