import { X509Certificate } from 'node:crypto';
import { setGlobalProxyFromEnv } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SdkError } from './error.ts';
import { readBounded } from './files.ts';
import type { Environment } from './home.ts';

/** The maximum size of a CA file, in bytes: a system's bundle has about 200 KiB. */
const maxCertificates = 8 * 1024 * 1024;

/** Proxy and certificate settings. */
export interface NetworkSettings {
  /** The proxy for http and https, such as `http://proxy.example.org:3128`. */
  proxy?: string | undefined;
  /** Hosts to connect to directly, as in NO_PROXY. */
  noProxy?: string | undefined;
  /** A PEM file of CAs to trust besides the system's. */
  caFile?: string | undefined;
}

/**
 * Routes all later requests of this process through the proxy and trusts the CAs that `env` names (HTTPS_PROXY,
 * HTTP_PROXY, NO_PROXY, also in lower case, and SSL_CERT_FILE) or else `settings`; CAs in `caFile` come first. The
 * system's CAs are trusted besides Node's own. Throws {@link SdkError}.
 */
export async function prepareNetwork(
  registry: string,
  env: Environment,
  settings: NetworkSettings,
  caFile?: string,
): Promise<void> {
  const proxies = proxiesOf(env, settings);
  if (proxies.HTTP_PROXY || proxies.HTTPS_PROXY) {
    for (const proxy of [proxies.HTTP_PROXY, proxies.HTTPS_PROXY]) {
      // The value may contain a password.
      if (proxy && !/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
        throw new SdkError(
          'network-settings',
          'The proxy is not an address such as http://proxy.example.org:3128',
        );
      }
    }
    setGlobalProxyFromEnv(proxies);
  }
  const isPlain = registry.startsWith('http:');
  // A file that the user names is read even if no CA is needed.
  const file = caFile ?? (isPlain ? undefined : env.SSL_CERT_FILE || settings.caFile);
  const own = file === undefined ? [] : await readCertificates(file);
  if (isPlain) return;
  setDefaultCACertificates([
    ...getCACertificates('default'),
    ...getCACertificates('system'),
    ...own,
  ]);
}

/** The proxy for requests to a registry; `undefined` for a direct connection. */
export function proxyFor(
  registry: string,
  env: Environment,
  settings: NetworkSettings,
): string | undefined {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = proxiesOf(env, settings);
  const { protocol, hostname, host } = new URL(registry);
  const without = (NO_PROXY ?? '').toLowerCase().split(/[\s,]+/);
  const isWithout = without.some((entry) => {
    if (entry === '*' || entry === hostname || entry === host) return true;
    const suffix = /^\*?(\..+)$/.exec(entry)?.[1];
    return suffix !== undefined && `.${hostname}`.endsWith(suffix);
  });
  return isWithout ? undefined : (protocol === 'https:' ? HTTPS_PROXY : HTTP_PROXY) || undefined;
}

function proxiesOf(env: Environment, settings: NetworkSettings) {
  const named = (name: string) => env[name.toLowerCase()] || env[name];
  return {
    HTTP_PROXY: named('HTTP_PROXY') ?? settings.proxy,
    HTTPS_PROXY: named('HTTPS_PROXY') ?? settings.proxy,
    NO_PROXY: named('NO_PROXY') ?? settings.noProxy,
  };
}

async function readCertificates(file: string): Promise<string[]> {
  let text: string;
  try {
    text = (await readBounded(file, maxCertificates)).toString('utf8');
  } catch (error) {
    throw new SdkError(
      'network-settings',
      `The CA file cannot be read: ${(error as Error).message}`,
    );
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!found)
    throw new SdkError('network-settings', `The CA file ${file} has no certificate in PEM`);
  for (const [at, certificate] of found.entries()) {
    try {
      new X509Certificate(certificate);
    } catch {
      throw new SdkError(
        'network-settings',
        `Certificate ${at + 1} in the CA file ${file} is damaged`,
      );
    }
  }
  return found;
}
