import { appendFile, chmod, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileLog, journalLog, streamLog } from '../../sdk/host/kernel-log.ts';
import { scratch } from '../cli/cli.ts';

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

describe('logs of the kernel', () => {
  let folder: string;
  let clean: () => Promise<void>;

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
  });
  afterAll(() => clean());

  /** A fake journalctl. */
  async function journal(name: string, script: string): Promise<string> {
    const program = join(folder, name);
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o755);
    return program;
  }

  test('journalctl is run for kernel messages, continuously if followed', async () => {
    const program = await journal('asked', 'echo "$@"');
    const common = '--dmesg --no-pager --quiet --output=short-iso';
    expect(await all(journalLog(program).read())).toEqual([common]);
    const until = new AbortController();
    const followed = await journalLog(program).follow('end', until.signal);
    expect(await all(followed)).toEqual([`${common} --follow --lines=all`]);
  });

  test('a journalctl that does not end is killed, and its output is used', async () => {
    const program = await journal('endless', 'echo first; exec sleep 60');
    const lines: string[] = [];
    const read = async () => {
      for await (const line of journalLog(program, 1000).read()) lines.push(line);
    };
    await expect(read()).rejects.toThrow('did not end within 1 seconds');
    expect(lines).toEqual(['first']);
  });

  test('an overlong line is omitted, wherever the chunks end', async () => {
    const file = join(folder, 'long');
    const long = 'x'.repeat(200_000);
    await writeFile(file, `first\n${long}\r\nsecond\r\n\n${long}`);
    expect(await all(fileLog(file).read())).toEqual(['first', 'second', '']);
    const stream = new PassThrough();
    const read = all(streamLog('standard input', stream).read());
    for (const piece of ['fi', 'rst\ns\u00e9', long, '\nla', 'st']) stream.write(piece);
    stream.end();
    expect(await read).toEqual(['first', 'last']);
    await writeFile(file, `${long}\nfirst\n`);
    const until = new AbortController();
    const followed = await fileLog(file).follow('start', until.signal);
    expect((await followed[Symbol.asyncIterator]().next()).value).toBe('first');
    until.abort();
  });

  test('a file is followed from its start or end, also when it is truncated', async () => {
    const file = join(folder, 'log');
    await writeFile(file, 'old\n');
    const until = new AbortController();
    const [start, end] = await Promise.all([
      fileLog(file).follow('start', until.signal),
      fileLog(file).follow('end', until.signal),
    ]);
    const fromStart = start[Symbol.asyncIterator]();
    const fromEnd = end[Symbol.asyncIterator]();
    expect((await fromStart.next()).value).toBe('old');
    await appendFile(file, 'ne');
    await appendFile(file, 'w\n');
    expect((await fromStart.next()).value).toBe('new');
    expect((await fromEnd.next()).value).toBe('new');
    await truncate(file);
    const after = fromEnd.next();
    await new Promise((resolve) => setTimeout(resolve, 600));
    await appendFile(file, 'again\n');
    expect((await after).value).toBe('again');
    until.abort();
    expect((await fromEnd.next()).done).toBe(true);
  });

  test('following standard input ends on a signal', async () => {
    const input = new PassThrough();
    const until = new AbortController();
    const lines = await streamLog('standard input', input).follow('end', until.signal);
    input.write('one\n');
    const followed = lines[Symbol.asyncIterator]();
    expect((await followed.next()).value).toBe('one');
    const next = followed.next();
    until.abort();
    expect((await next).done).toBe(true);
  });

  test('a missing file is an error, not the end', async () => {
    await expect(all(fileLog(join(folder, 'none')).read())).rejects.toThrow('ENOENT');
  });
});
