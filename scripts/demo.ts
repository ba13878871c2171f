import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Demonstrates the product on a fresh checkout: starts a registry, publishes a signed profile, and pulls, verifies and
 * installs it below a temporary root. Each step is a command that a user would type. With `--exit`, the registry stops
 * after the last step.
 */
const root = join(import.meta.dirname, '..');
const cli = join(root, 'bin/aa-registry');
const folder = await mkdtemp(join(tmpdir(), 'aa-registry-demo-'));
const host = join(folder, 'host');
const key = join(folder, 'release.pem');
const requestLog = join(folder, 'requests.log');
const environment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, 'config'),
};

/** Announces the next step. */
let steps = 0;
function step(title: string): void {
  steps += 1;
  console.log(`\n${steps}. ${title}`);
}

/** Runs the CLI and shows its output; throws if it fails. */
async function run(...args: string[]): Promise<void> {
  const shown = args.map((arg) => arg.replace(folder, '$DEMO').replace(root, ''));
  console.log(`   $ aa-registry ${shown.join(' ')}`);
  const child = spawn(cli, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      console.log(`     ${line.replaceAll(folder, '$DEMO')}`);
    }
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  await Promise.all(output);
  if (code !== 0) throw new Error(`aa-registry ${args[0]} ended with exit code ${code}`);
}

interface Registry {
  child: ChildProcess;
  url: string;
  token: string;
}

/** Starts `aa-registry serve` and reads its URL and the administrator token from its output. */
async function serve(): Promise<Registry> {
  const log = openSync(requestLog, 'w');
  const args = ['serve', '--data', join(folder, 'registry'), '--port', '0'];
  console.log(`   $ aa-registry ${args.join(' ').replace(folder, '$DEMO')}`);
  const child = spawn(cli, args, {
    cwd: root,
    env: environment,
    // Its request log would clutter the steps.
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  if (!child.stdout) throw new Error('the registry has no output');
  let token = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const secret = /aar_\S+/.exec(line)?.[0];
    token ||= secret ?? '';
    const shown = secret ? line.replace(secret, `${secret.slice(0, 8)}…`) : line;
    console.log(`     ${shown.replaceAll(folder, '$DEMO')}`);
    const url = /listening on (\S+)/.exec(line)?.[1];
    if (url) return { child, url, token };
  }
  throw new Error('the registry did not start');
}

let registry: Registry | undefined;

async function finish(code: number): Promise<never> {
  const child = registry?.child;
  if (child && child.exitCode === null) {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('close', resolve));
  }
  await rm(folder, { recursive: true, force: true });
  process.exit(code);
}

process.once('SIGINT', () => finish(0));
process.once('SIGTERM', () => finish(0));

try {
  console.log(`DEMO=${folder} contains all files and is removed at the end.`);
  console.log('$DEMO/requests.log is the registry’s request log.');
  step('Start a registry');
  registry = await serve();
  environment.AA_REGISTRY = registry.url;
  environment.AA_TOKEN = registry.token;

  step('Create a team with a signing key');
  await run('team', 'create', 'library');
  await run('key', 'generate', '--out', key);
  await run('key', 'add', 'library', `${key}.pub`, '--label', 'demo key');
  step('Lint, sign and publish two profiles');
  for (const name of ['docker-default', 'docker-nginx']) {
    await run('publish', `profiles/${name}`, '--version', '1.0.0', '--key', key);
  }
  step('Find a profile');
  await run('search', 'nginx');
  await run('show', 'docker-nginx');
  step('On a host: trust the team once, then pull, verify and install');
  await mkdir(host, { recursive: true });
  await run('trust', 'init', 'library', '--root', host, '--yes');
  await run('pull', 'docker-nginx', '--root', host);

  const installed = await readFile(join(host, 'etc/apparmor.d/aa-registry.library.docker-nginx'));
  const published = await readFile(join(root, 'profiles/docker-nginx/docker-nginx'));
  if (!installed.equals(published))
    throw new Error('the installed profile differs from the published one');
  console.log('\nThe installed profile is byte for byte the published one. Every step succeeded.');
} catch (error) {
  console.error(`\nThe demo failed: ${(error as Error).message}`);
  await finish(1);
}

if (process.argv.includes('--exit')) await finish(0);
console.log(`\nThe registry is still running: open ${registry?.url}, and press Ctrl-C to stop it.`);
