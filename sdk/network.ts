import { readFile } from 'node:fs/promises';
import { setGlobalProxyFromEnv } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** How to get out of this network, and whose certificates are good. */
export interface NetworkSettings {
  /** The proxy for http and https, such as `http://proxy.example.org:3128`. */
  proxy?: string | undefined;
  /** Hosts that are asked without it, as NO_PROXY lists them. */
  noProxy?: string | undefined;
  /** A PEM file of CAs to be trusted besides those of the system. */
  caFile?: string | undefined;
}

/** The network can't be used as it is configured. */
export class NetworkError extends Error {}

/**
 * Has every later request of this process, `registry` above all, go through the proxy and trust the CAs that `env` names (HTTPS_PROXY,
 * HTTP_PROXY, NO_PROXY, in small letters too, and SSL_CERT_FILE), and where it names none, those in `settings`.
 * The system's CAs are trusted beside Node's own. Throws {@link NetworkError}.
 */
export async function prepareNetwork(
  registry: string,
  env: NodeJS.ProcessEnv,
  settings: NetworkSettings,
): Promise<void> {
  const named = (name: string) => env[name.toLowerCase()] || env[name];
  const proxies = {
    HTTP_PROXY: named('HTTP_PROXY') ?? settings.proxy,
    HTTPS_PROXY: named('HTTPS_PROXY') ?? settings.proxy,
    NO_PROXY: named('NO_PROXY') ?? settings.noProxy,
  };
  if (proxies.HTTP_PROXY || proxies.HTTPS_PROXY) {
    for (const proxy of [proxies.HTTP_PROXY, proxies.HTTPS_PROXY]) {
      // Its text may hold a password.
      if (proxy && !/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
        throw new NetworkError('The proxy is no address such as http://proxy.example.org:3128');
      }
    }
    setGlobalProxyFromEnv(proxies);
  }
  if (registry.startsWith('http:')) return;
  const file = env.SSL_CERT_FILE || settings.caFile;
  const own = file ? await readCertificates(file) : [];
  setDefaultCACertificates([
    ...getCACertificates('default'),
    ...getCACertificates('system'),
    ...own,
  ]);
}

async function readCertificates(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new NetworkError(`The CA file can't be read: ${(error as Error).message}`);
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!found) throw new NetworkError(`The CA file ${file} has no certificate in PEM`);
  return found;
}
