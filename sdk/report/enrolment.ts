import * as z from 'zod';
import { exportPrivateKey, importPrivateKey, type KeyPair, parseJson } from '../../trust/index.ts';
import { SdkError } from '../error.ts';
import { statePlace } from '../host/state.ts';
import { lookAt, readText, write } from '../host/tree.ts';

/** What a host knows about the team that it joined, and about its reports. */
const Enrolment = z.object({
  /** The registry's address, to which alone it reports. */
  registry: z.url({ protocol: /^https?$/ }),
  id: z.int().min(1),
  team: z.string(),
  name: z.string(),
  joinedAt: z.iso.datetime(),
  /** The sequence number of the last report that was made. */
  sequence: z.int().min(0),
  /** The time up to which events were reported, in milliseconds. */
  position: z.number(),
  /** The versions in the last report by package: earlier events are about these. */
  versions: z.record(z.string(), z.string()),
  /** Reports that were dropped since the last one was made. */
  dropped: z.int().min(0),
});
export type Enrolment = z.infer<typeof Enrolment>;

const maxState = 1024 * 1024;
const maxKey = 64 * 1024;

const enrolmentPlace = (root: string) => statePlace(root, 'fleet', 'host.json');
const keyPlace = (root: string) => statePlace(root, 'fleet', 'host.key');

/** A host's enrolment; `undefined` if it joined no team. Throws an {@link SdkError} if the file is damaged. */
export function readEnrolment(root: string): Enrolment | undefined {
  const place = enrolmentPlace(root);
  const text = readText(place, maxState);
  if (text === undefined) return undefined;
  try {
    return Enrolment.parse(parseJson(text));
  } catch (error) {
    const next =
      'To join again: remove it and the key beside it, then run "aa-registry fleet join".';
    throw new SdkError('file-damaged', `${place} is damaged`, { next, cause: error });
  }
}

export async function writeEnrolment(root: string, enrolment: Enrolment): Promise<void> {
  await write(enrolmentPlace(root), `${JSON.stringify(enrolment, null, 2)}\n`, 0o644);
}

/** The host's key; `undefined` if it has none. Refuses one that others can read. */
export async function readHostKey(root: string): Promise<KeyPair | undefined> {
  const place = keyPlace(root);
  const mode = lookAt(place)?.stats.mode;
  const pem = readText(place, maxKey);
  if (mode === undefined || pem === undefined) return undefined;
  if ((mode & 0o077) !== 0) {
    const next = `Retire the host, remove ${place} and join again.`;
    throw new SdkError('key-file', `${place} can be read by others`, { next });
  }
  const key = await importPrivateKey(pem);
  if (key) return key;
  throw new SdkError('key-file', `${place} is not an Ed25519 private key`);
}

/** Stores the host's key, readable by its owner only. */
export async function writeHostKey(root: string, { privateKey }: KeyPair): Promise<void> {
  await write(keyPlace(root), await exportPrivateKey(privateKey), 0o600);
}
