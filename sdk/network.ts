import { X509Certificate } from 'node:crypto';
import { setGlobalProxyFromEnv } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SdkError } from './error.ts';
import { readBounded } from './files.ts';
import type { Environment } from './home.ts';

/** The most that a CA file may hold, in bytes: the bundle of a system has about 200 KiB. */
const maxCertificates = 8 * 1024 * 1024;

/** How to get out of this network, and whose certificates are good. */
export interface NetworkSettings {
  /** The proxy for http and https, such as `http://proxy.example.org:3128`. */
  proxy?: string | undefined;
  /** Hosts that are asked without it, as NO_PROXY lists them. */
  noProxy?: string | undefined;
  /** A PEM file of CAs to be trusted besides those of the system. */
  caFile?: string | undefined;
}

/**
 * Has every later request of this process, `registry` above all, go through the proxy and trust the CAs that `env`
 * names (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in small letters too, and SSL_CERT_FILE), and where it names none, those
 * in `settings`; CAs in `caFile` before both. The system's are trusted beside Node's own. Throws {@link SdkError}.
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
      // Its text may hold a password.
      if (proxy && !/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
        throw new SdkError(
          'network-settings',
          'The proxy is no address such as http://proxy.example.org:3128',
        );
      }
    }
    setGlobalProxyFromEnv(proxies);
  }
  const isPlain = registry.startsWith('http:');
  // What was asked for by name is looked at, even where there is nothing to trust.
  const file = caFile ?? (isPlain ? undefined : env.SSL_CERT_FILE || settings.caFile);
  const own = file === undefined ? [] : await readCertificates(file);
  if (isPlain) return;
  setDefaultCACertificates([
    ...getCACertificates('default'),
    ...getCACertificates('system'),
    ...own,
  ]);
}

/** The proxy through which a registry is asked; `undefined` when it is asked itself. */
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
      `The CA file can't be read: ${(error as Error).message}`,
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
