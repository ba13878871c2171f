import { join } from 'node:path';
import type { KeyPair } from '../../trust/index.ts';
import { configFolder } from '../config.ts';
import { parsePrivateKey, readPrivateKey } from '../key-file.ts';
import type { Io } from './io.ts';

/** Where a user's signing key is kept unless told otherwise. */
export function signingKeyPath(io: Io): string {
  return join(configFolder(io.env), 'signing-key.pem');
}

/** The key to sign with: the file that is named, else AA_SIGNING_KEY (PEM), else the user's own. */
export async function loadSigningKey(io: Io, file: string | undefined): Promise<KeyPair> {
  const pem = io.env.AA_SIGNING_KEY;
  if (file === undefined && pem) return parsePrivateKey(pem, 'AA_SIGNING_KEY');
  return readPrivateKey(file ?? signingKeyPath(io));
}
