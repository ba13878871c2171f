import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The main job on a fresh checkout: a registry, a signed publish, a verified pull, an install under a scratch
 * root. Each step is a command that a user would type. `--exit` ends after the last step instead of serving on.
 */
const root = join(import.meta.dirname, '..');
const cli = join(root, 'bin/aa-registry');
const folder = await mkdtemp(join(tmpdir(), 'aa-registry-demo-'));
const host = join(folder, 'host');
const key = join(folder, 'release.pem');
const environment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, 'config'),
};

/** Runs the CLI, showing what it says; throws when it does not end well. */
async function run(...args: string[]): Promise<void> {
  const shown = args.map((arg) => arg.replace(folder, '$DEMO').replace(root, ''));
  console.log(`\n$ aa-registry ${shown.join(' ')}`);
  const child = spawn(cli, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`aa-registry ${args[0]} ended with exit code ${code}`);
}

interface Registry {
  child: ChildProcess;
  url: string;
  token: string;
}

/** Starts `aa-registry serve` and reads its address and first token from what it prints. */
async function serve(): Promise<Registry> {
  const args = ['serve', '--data', join(folder, 'registry'), '--port', '0'];
  console.log(`$ aa-registry ${args.join(' ').replace(folder, '$DEMO')}`);
  const child = spawn(cli, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let token = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const secret = /aar_\S+/.exec(line)?.[0];
    token ||= secret ?? '';
    console.log(secret ? line.replace(secret, `${secret.slice(0, 8)}…`) : line);
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
  console.log(`Everything of this demo lives in DEMO=${folder}, and goes when it ends.\n`);
  registry = await serve();
  environment.AA_REGISTRY = registry.url;
  environment.AA_TOKEN = registry.token;

  await run('team', 'create', 'library');
  await run('key', 'generate', '--out', key);
  await run('key', 'add', 'library', `${key}.pub`, '--label', 'demo key');
  for (const name of ['docker-default', 'docker-nginx']) {
    await run('publish', `profiles/${name}`, '--version', '1.0.0', '--key', key);
  }
  await run('search', 'nginx');
  await run('show', 'docker-nginx');
  await run('trust', 'init', 'library', '--root', host, '--yes');
  await run('pull', 'docker-nginx', '--root', host);

  const installed = await readFile(join(host, 'etc/apparmor.d/aa-registry.library.docker-nginx'));
  const published = await readFile(join(root, 'profiles/docker-nginx/docker-nginx'));
  if (!installed.equals(published)) throw new Error('what was installed is not what was published');
  console.log('\nWhat was installed is byte for byte what was published. Every step held.');
} catch (error) {
  console.error(`\nThe demo failed: ${(error as Error).message}`);
  await finish(1);
}

if (process.argv.includes('--exit')) await finish(0);
console.log(`\nThe registry goes on serving: open ${registry?.url} (Ctrl-C ends it).`);
