/**
 * Whether the connection was closed before the response: a server may close an idle one just as it is used, so a client
 * may repeat a read (RFC 9112 section 9.5).
 */
export function isLostConnection(error: unknown): boolean {
  const { cause } = error as { cause?: { cause?: { code?: unknown } } };
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(cause?.cause?.code));
}

/** Why a request failed, as the end of a sentence. */
export function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no response within ${timeout / 1000} seconds`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // Node's fetch gives no reason for some responses, such as 407.
  const code = ((cause as NodeJS.ErrnoException).code ?? cause.message) || error.message;
  const known = troubles[code];
  return known === undefined ? code : `${known} (${code})`;
}

const untrusted =
  'its certificate is signed by an authority that this machine does not trust (set a CA with --ca-file, SSL_CERT_FILE or ca_file in config.toml)';
const plain = 'it does not speak TLS; try http://';
/** Explanations of connection and certificate errors, by Node's codes (OpenSSL's X509_V_ERR_*). */
const troubles: Record<string, string> = {
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'temporary failure in name resolution',
  ECONNREFUSED: 'connection refused',
  // The Fetch Standard's blocked ports, which other protocols use.
  'bad port': 'HTTP clients block that port',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to host',
  ETIMEDOUT: 'connection timed out',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: plain,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plain,
  CERT_HAS_EXPIRED: "its certificate has expired, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or this machine's clock is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
