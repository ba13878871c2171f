import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Client, UnreachableError } from '../client.ts';
import type { HostTrust } from '../trust-file.ts';
import { type Finding, fail, ok, runCheck, warn } from './check.ts';

/** The maximum clock difference before checkpoints and certificates may seem too old or too new, in seconds. */
const maxSkew = 300;

/**
 * Checks that a registry can be reached, through `proxy` if set, is the one that this host trusts, and has about the
 * same time.
 */
export async function examineRegistry(
  client: Client,
  trust: HostTrust | undefined,
  proxy: string | undefined,
): Promise<Finding[]> {
  const { registry } = client;
  const path = await runCheck('network', () =>
    reach(new URL(proxy ?? registry), proxy !== undefined),
  );
  if (path.some(({ result }) => result === 'fail')) return path;
  const results = await runCheck('registry', () => ask(client, trust, proxy !== undefined));
  return [...path, ...results];
}

/** Checks name resolution and the connection separately, for more precise errors than a request gives. */
async function reach(url: URL, isProxy: boolean): Promise<Finding[]> {
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const addresses = await lookup(host, { all: true }).catch(
    (error: NodeJS.ErrnoException) => error,
  );
  if (addresses instanceof Error) {
    const next = isProxy
      ? 'It is the proxy’s: check HTTPS_PROXY, HTTP_PROXY and config.toml.'
      : 'Check /etc/resolv.conf; if connections need a proxy, set HTTPS_PROXY.';
    return [fail('network-name', `The name ${host} can’t be resolved (${addresses.code}).`, next)];
  }
  const trouble = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port, timeout: 5000 });
    const end = (code: string | undefined) => {
      socket.destroy();
      resolve(code);
    };
    socket.on('connect', () => end(undefined));
    socket.on('timeout', () => end('no response within 5 seconds'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
  const where = `${isProxy ? 'The proxy ' : ''}${host}, port ${port}`;
  if (trouble === undefined) return [ok('network', `${where} accepts connections.`)];
  const next = isProxy
    ? 'Check that it is running; NO_PROXY lists hosts to connect to directly.'
    : 'Check that it is running, and the firewalls; if connections need a proxy, set HTTPS_PROXY.';
  return [fail('network-connect', `${where} is unreachable (${trouble}).`, next)];
}

async function ask(
  client: Client,
  trust: HostTrust | undefined,
  proxied: boolean,
): Promise<Finding[]> {
  const { registry } = client;
  let verifier: string;
  try {
    verifier = await client.getLogVerifier();
  } catch (error) {
    const next =
      error instanceof UnreachableError
        ? 'Check the address, the proxy and the CAs; see aa-registry-config.toml(5).'
        : 'Ask the registry’s operator.';
    return [fail('registry', (error as Error).message, next)];
  }
  const through = proxied ? ' through the proxy' : '';
  const findings = [ok('registry', `${registry} responds${through}.`)];
  if (trust && trust.registry === registry && trust.log.key.verifier !== verifier) {
    findings.push(
      fail(
        'registry-log',
        'The registry’s log key differs from the one that this host trusts: no profile will be installed.',
        'Check with the registry’s operator before you trust the new key.',
      ),
    );
  }
  return [...findings, ...(await clock(registry))];
}

async function clock(registry: string): Promise<Finding[]> {
  const response = await fetch(`${registry}/v1/log/key`, {
    redirect: 'error',
    signal: AbortSignal.timeout(5000),
  });
  await response.body?.cancel();
  const theirs = Date.parse(response.headers.get('Date') ?? '');
  if (Number.isNaN(theirs)) return [];
  const skew = Math.round((Date.now() - theirs) / 1000);
  if (Math.abs(skew) <= maxSkew) return [ok('clock', 'The clock matches the registry’s.')];
  const way = skew > 0 ? 'ahead of' : 'behind';
  return [
    warn(
      'clock',
      `This host’s clock is ${Math.abs(skew)} seconds ${way} the registry’s.`,
      'Set it (timedatectl): logs and certificates seem too old or too new otherwise.',
    ),
  ];
}
