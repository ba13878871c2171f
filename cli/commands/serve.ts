import { refuseManyCodings } from '../../sdk/content-codings.ts';
import type { WitnessAddress } from '../../worker/log/witness.ts';
import type { ServeOptions } from '../../worker/node.ts';
import { dataFailure } from '../data-folder.ts';
import { CliError, defineCommand, exit, type Options, type Values } from '../framework/command.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { checkRegistry } from '../session.ts';

const options = {
  data: {
    type: 'string',
    value: 'DIR',
    description: 'Folder of the database and log key (default ./aa-registry-data)',
  },
  host: {
    type: 'string',
    value: 'ADDRESS',
    description: 'Address to listen on (default 127.0.0.1)',
  },
  port: {
    type: 'string',
    value: 'PORT',
    description: 'Port to listen on (default 8787; 0 picks one)',
  },
  'max-profile-bytes': {
    type: 'string',
    value: 'N',
    description: 'Maximum size of a profile (default 262144)',
  },
  witness: {
    type: 'string',
    multiple: true,
    value: 'KEY=URL',
    description:
      'A witness that cosigns the log, with its key from "log witness"; repeatable. Without KEY=, its cosignatures ' +
      'are passed on unverified',
  },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    description: 'Requests logged to standard error, as JSON: info (all; default), error, off',
  },
  metrics: {
    type: 'string',
    value: 'ADDRESS:PORT',
    description: 'Serve /metrics for Prometheus on this address, without a token',
  },
  'trusted-proxy': {
    type: 'string',
    multiple: true,
    value: 'NETWORK',
    description:
      'Trust X-Forwarded-For from this proxy, such as 127.0.0.1 or 10.0.0.0/8; repeatable',
  },
  'address-limit': {
    type: 'string',
    value: 'N',
    description: 'Requests per minute from an address without a token (default 3000; 0: no limit)',
  },
  'token-limit': {
    type: 'string',
    value: 'N',
    description: 'Requests per minute with one token (default 6000; 0: no limit)',
  },
  'team-profiles': {
    type: 'string',
    value: 'N',
    description: 'Maximum profiles of a team (default 10000)',
  },
  'team-versions': {
    type: 'string',
    value: 'N',
    description: 'Maximum versions of a team in total (default 100000)',
  },
  'team-bytes': {
    type: 'string',
    value: 'N',
    description: 'Maximum bytes of a team’s versions in total (default 4294967296)',
  },
  'team-changes': {
    type: 'string',
    value: 'N',
    description: 'Maximum other changes by a team in a day, such as channel moves (default 1000)',
  },
  'team-tokens': {
    type: 'string',
    value: 'N',
    description: 'Maximum tokens of a team or a user, and new ones in a day (default 1000)',
  },
  'team-webhooks': {
    type: 'string',
    value: 'N',
    description: 'Maximum webhooks of a team (default 10)',
  },
  'team-hosts': {
    type: 'string',
    value: 'N',
    description: 'Maximum hosts that join a team (default 10000)',
  },
  'report-days': {
    type: 'string',
    value: 'DAYS',
    description: 'How long to keep what hosts report (default 90)',
  },
  'answer-cache-bytes': {
    type: 'string',
    value: 'N',
    description: 'Size of the response cache in memory (default 67108864; 0: off)',
  },
  'webhook-network': {
    type: 'string',
    multiple: true,
    value: 'NETWORK',
    description: 'Allow webhooks to this private network, also over http; repeatable',
  },
  'shutdown-delay': {
    type: 'string',
    value: 'SECONDS',
    description: 'Keep serving for this long on shutdown, while /readyz returns 503 (default 0)',
  },
  'public-url': {
    type: 'string',
    value: 'URL',
    description: 'The registry’s public address; the audience of CI tokens (OIDC)',
  },
  'security-contact': {
    type: 'string',
    multiple: true,
    value: 'URI',
    description: 'Where to report vulnerabilities, for /.well-known/security.txt; repeatable',
  },
  'oidc-issuer': {
    type: 'string',
    multiple: true,
    value: 'KIND=URL',
    description: 'A CI provider besides github.com and gitlab.com: github=URL or gitlab=URL',
  },
  'new-admin-token': {
    type: 'boolean',
    description: 'Create another administrator token, if the first is lost',
  },
} satisfies Options;

export const serve = defineCommand({
  name: 'serve',
  summary: 'Run a registry on this machine',
  args: [],
  usage: '[--data DIR] [--host 127.0.0.1] [--port 8787] [--witness KEY=URL…]',
  options,
  details:
    'The first start creates the database and the log key, and prints an administrator token ' +
    'once. Every option can also be set in the environment, such as AA_SERVE_LOG_LEVEL for ' +
    '--log-level; separate repeated values with spaces. OpenTelemetry traces are configured ' +
    'with the standard OTEL_* variables.',
  examples: [
    'aa-registry serve',
    'aa-registry serve --data /var/lib/aa-registry-server --port 8080',
    'aa-registry serve --trusted-proxy 127.0.0.1 --metrics 127.0.0.1:9187',
  ],
  async run({ values: given, io }) {
    const values = { ...fromEnvironment(io.env), ...given };
    const serveOptions = await readOptions(values);
    // Witnesses and CI providers are not trusted either.
    refuseManyCodings();
    const { DataError, startRegistry } = await import('../../worker/node.ts');
    const registry = await startRegistry(serveOptions).catch((error: unknown) => {
      throw error instanceof DataError ? dataFailure(error) : error;
    });
    // Install the signal handler before printing the address: a reader of that line may stop the process immediately.
    const ended = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    io.print(`Data     ${serveOptions.data}`);
    io.print(`Log key  ${registry.logVerifier}`);
    if (registry.metricsUrl !== undefined) io.print(`Metrics  ${registry.metricsUrl}`);
    if (registry.adminToken !== undefined) {
      io.print(`Administrator token, shown only once: ${registry.adminToken}`);
    }
    io.print(`aa-registry is listening on ${registry.url}`);
    await ended;
    await registry.close();
    return exit.ok;
  },
});

type ServeValues = Values<typeof options>;

/** Option values from the environment. */
function fromEnvironment(env: NodeJS.ProcessEnv): ServeValues {
  const values: Record<string, string | string[] | boolean> = {};
  for (const [name, option] of Object.entries<Options[string]>(options)) {
    const text = env[`AA_SERVE_${name.toUpperCase().replaceAll('-', '_')}`];
    if (text === undefined || text === '') continue;
    if (option.multiple) values[name] = text.split(/\s+/).filter((part) => part !== '');
    else values[name] = option.type === 'boolean' ? /^(1|true|yes)$/i.test(text) : text;
  }
  return values as ServeValues;
}

async function readOptions(values: ServeValues): Promise<ServeOptions> {
  const { isLogLevel, logLevels } = await import('../../worker/observability/request-log.ts');
  const { parseIssuer } = await import('../../worker/auth/oidc.ts');
  const { parseContact } = await import('../../worker/contact.ts');
  const { parseNetwork } = await import('../../worker/network/network.ts');
  const number = (name: keyof typeof options, maximum: number) => {
    const text = values[name];
    return text === undefined ? undefined : requireWholeNumber(name, String(text), { maximum });
  };
  const logLevel = values['log-level'] ?? 'info';
  if (!isLogLevel(logLevel)) {
    const list = logLevels.join(', ');
    throw new CliError(exit.usage, `--log-level must be one of ${list}, not "${logLevel}".`);
  }
  const networks = (name: 'trusted-proxy' | 'webhook-network') => {
    const given = values[name] ?? [];
    const wrong = given.find((text) => !parseNetwork(text));
    if (wrong === undefined) return given;
    const detail = `--${name} takes an address or a network such as 10.0.0.0/8, not "${wrong}".`;
    throw new CliError(exit.usage, detail);
  };
  const delay = number('shutdown-delay', 3600);
  return defined({
    data: values.data ?? 'aa-registry-data',
    host: values.host ?? '127.0.0.1',
    port: number('port', 65_535) ?? 8787,
    newAdminToken: values['new-admin-token'] ?? false,
    witnesses: await readWitnesses(values.witness ?? []),
    publicUrl: values['public-url'] && checkRegistry(values['public-url']),
    securityContacts: (values['security-contact'] ?? []).map((text) => {
      const contact = parseContact(text);
      if (contact !== undefined) return contact;
      const detail = `--security-contact takes a mailto:, https: or tel: URI, not "${text}".`;
      throw new CliError(exit.usage, detail);
    }),
    issuers: (values['oidc-issuer'] ?? []).map((text) => {
      const issuer = parseIssuer(text);
      if (issuer) return issuer;
      const detail = `--oidc-issuer takes github=URL or gitlab=URL, not "${text}".`;
      throw new CliError(exit.usage, detail);
    }),
    profileBytes: number('max-profile-bytes', 64 * 1024 * 1024),
    logLevel,
    metrics: values.metrics === undefined ? undefined : readListener(values.metrics),
    trustedProxies: networks('trusted-proxy'),
    webhookNetworks: networks('webhook-network'),
    addressLimit: number('address-limit', 1_000_000_000),
    tokenLimit: number('token-limit', 1_000_000_000),
    responseCacheBytes: number('answer-cache-bytes', 64 * 1024 ** 3),
    team: defined({
      profiles: number('team-profiles', Number.MAX_SAFE_INTEGER),
      versions: number('team-versions', Number.MAX_SAFE_INTEGER),
      bytes: number('team-bytes', Number.MAX_SAFE_INTEGER),
      changes: number('team-changes', Number.MAX_SAFE_INTEGER),
      tokens: number('team-tokens', Number.MAX_SAFE_INTEGER),
      webhooks: number('team-webhooks', Number.MAX_SAFE_INTEGER),
      hosts: number('team-hosts', Number.MAX_SAFE_INTEGER),
    }),
    reportDays:
      values['report-days'] &&
      requireWholeNumber('report-days', values['report-days'], { minimum: 1, maximum: 3650 }),
    shutdownDelay: delay === undefined ? undefined : delay * 1000,
  }) as ServeOptions;
}

/** The object without undefined values, so that defaults apply. */
function defined<T extends object>(values: T): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** `ADDRESS:PORT`, with an IPv6 address in brackets. */
function readListener(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== '' && Number(port) <= 65_535) {
    return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
  }
  throw new CliError(exit.usage, `--metrics takes ADDRESS:PORT, not "${text}".`);
}

async function readWitnesses(texts: string[]): Promise<WitnessAddress[]> {
  const { parseWitness } = await import('../../worker/log/witness.ts');
  return Promise.all(
    texts.map(async (text) => {
      const witness = await parseWitness(text);
      if (witness) return witness;
      const detail =
        `--witness takes KEY=URL, with a witness's verifier key and its http address, or the address alone; ` +
        `not "${text}".`;
      throw new CliError(exit.usage, detail);
    }),
  );
}
