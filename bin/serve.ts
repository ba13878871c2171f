import {
  CliError,
  checkRegistry,
  defineCommand,
  exit,
  requireWholeNumber,
} from '../sdk/cli/index.ts';
import { type Issuer, parseIssuer } from '../worker/oidc.ts';

/** `aa-registry serve` stands here and not in sdk/: it is the one command that runs the service's own code. */
export const serve = defineCommand({
  name: 'serve',
  summary: 'Run a registry on this machine',
  usage: '[--data DIR] [--host 127.0.0.1] [--port 8787] [--witness URL…]',
  args: { min: 0, max: 0 },
  options: {
    data: {
      type: 'string',
      value: 'DIR',
      description: 'Database and log key (default ./aa-registry-data)',
    },
    host: { type: 'string', value: 'ADDRESS', description: 'Where to listen (default 127.0.0.1)' },
    port: {
      type: 'string',
      value: 'PORT',
      description: 'Where to listen (default 8787; 0 picks one)',
    },
    'max-profile-bytes': {
      type: 'string',
      value: 'N',
      description: 'The largest profile accepted (default 262144)',
    },
    'public-url': {
      type: 'string',
      value: 'URL',
      description: 'Where others reach this registry; what CI tokens (OIDC) must be made for',
    },
    'oidc-issuer': {
      type: 'string',
      multiple: true,
      value: 'KIND=URL',
      description: 'A CI provider besides github.com and gitlab.com: github=URL or gitlab=URL',
    },
    witness: {
      type: 'string',
      multiple: true,
      value: 'URL',
      description: 'A witness that cosigns the log ("log witness" runs one); repeatable',
    },
    'new-admin-token': {
      type: 'boolean',
      description: 'Make another administrator token, for when the first is lost',
    },
  },
  details:
    'The first start makes the database and the log key, and prints an administrator token once.',
  examples: ['aa-registry serve', 'aa-registry serve --data /var/lib/aa-registry --port 8080'],
  async run({ values, io }) {
    const profileBytes = values['max-profile-bytes'];
    const options = {
      data: values.data ?? 'aa-registry-data',
      host: values.host ?? '127.0.0.1',
      port: requireWholeNumber('port', values.port ?? '8787', { maximum: 65_535 }),
      newAdminToken: values['new-admin-token'] ?? false,
      witnesses: (values.witness ?? []).map(checkWitness),
      ...(values['public-url'] === undefined
        ? {}
        : { publicUrl: checkRegistry(values['public-url']) }),
      issuers: (values['oidc-issuer'] ?? []).map(requireIssuer),
      ...(profileBytes === undefined
        ? {}
        : {
            profileBytes: requireWholeNumber('max-profile-bytes', profileBytes, {
              maximum: 64 * 1024 * 1024,
            }),
          }),
    };
    const { DataError, startRegistry } = await import('../worker/node.ts');
    const registry = await startRegistry(options).catch((error: unknown) => {
      throw error instanceof DataError ? new CliError(exit.failed, `${error.message}.`) : error;
    });
    // Before anybody is told that it listens: whoever reads that may end it at once.
    const ended = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    io.print(`Data     ${options.data}`);
    io.print(`Log key  ${registry.logVerifier}`);
    if (registry.adminToken !== undefined) {
      io.print(`Administrator token, shown this once: ${registry.adminToken}`);
    }
    io.print(`aa-registry is listening on ${registry.url}`);
    await ended;
    await registry.close();
    return exit.ok;
  },
});

function requireIssuer(text: string): Issuer {
  const issuer = parseIssuer(text);
  if (issuer) return issuer;
  throw new CliError(exit.usage, `--oidc-issuer takes github=URL or gitlab=URL, not "${text}".`);
}

function checkWitness(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new CliError(exit.usage, `--witness takes the http address of a witness, not "${text}".`);
}
