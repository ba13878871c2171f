import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { type RunOptions, run } from './tools.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Runs a program of apt, such as apt-get, for a Debian release. */
export type Apt = (program: string, args: string[], options?: RunOptions) => Promise<Buffer>;

/**
 * apt for a release, independent of this machine's: it has its own lists, at most a day old. apt verifies them and its
 * downloads with the archive's signature. Needs no root.
 */
export async function aptFor(suite: string): Promise<Apt> {
  const today = new Date().toISOString().slice(0, 10);
  const folder = await cached(`apt-${suite}`, today, async (scratch) => {
    for (const name of ['state/lists/partial', 'cache/archives/partial']) {
      await mkdir(path.join(scratch, name), { recursive: true });
    }
    const source = `deb [arch=amd64 signed-by=${keyring}] ${await archive()} ${suite} main\n`;
    await writeFile(path.join(scratch, 'sources.list'), source);
    // Without lists, apt-get would continue and later report an unknown package.
    await aptIn(scratch)('apt-get', ['update', '-qq', '--error-on=any'], { timeoutMs: 120_000 });
  });
  return aptIn(folder);
}

function aptIn(folder: string): Apt {
  const options = [
    ...[`Dir::State=${folder}/state`, 'Dir::State::status=/dev/null', `Dir::Cache=${folder}/cache`],
    ...[`Dir::Etc::SourceList=${folder}/sources.list`, 'Dir::Etc::SourceParts=/dev/null'],
    ...['Acquire::Languages=none', 'APT::Architectures=amd64'],
  ].flatMap((option) => ['-o', option]);
  return (program, args, rest) => run(program, [...options, ...args], rest);
}

/** The Debian mirror of this machine. */
async function archive(): Promise<string> {
  const targets = await run('apt-get', [
    'indextargets',
    '--format=$(SITE)',
    'Created-By: Packages',
    'Component: main',
    'Origin: Debian',
    'Label: Debian',
  ]);
  const [site = ''] = targets.toString().split('\n', 1);
  if (site === '') throw new Error('apt has no lists of Debian (apt-get update)');
  return site;
}
