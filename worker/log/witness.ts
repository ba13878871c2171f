import {
  formatAddCheckpoint,
  formatNote,
  type Hash,
  type NoteSignature,
  type NoteVerifier,
  parseDecimal,
  parseNote,
  parseNoteVerifier,
  parseSignatures,
  statedTime,
  verifyTimestampedSignature,
} from '../../trust/log/index.ts';
import { logError } from '../observability/text-log.ts';

/** A witness as configured by the operator. */
export interface WitnessAddress {
  url: string;
  /** The key that verifies its cosignatures; without one they are served unverified. */
  key: NoteVerifier | undefined;
}

/** A checkpoint to cosign. */
export interface SignedTree {
  size: number;
  /** The note signed by the log's key, without a timestamp, so it is always the same. */
  signed: string;
}

/**
 * A witness's response about a tree: its cosignatures, `ahead` if it has already cosigned a later tree of the log, or
 * `undefined` if it failed.
 */
export type WitnessResponse = NoteSignature[] | 'ahead' | undefined;

/** A witness that cosigns the registry's checkpoints. */
export interface Witness {
  key: NoteVerifier | undefined;
  /**
   * Whether to request a cosignature of a tree now: not within a minute of its last one, known to this process or in
   * `stored`, and not while it is paused after a failure.
   */
  isDue: (tree: SignedTree, stored: readonly NoteSignature[]) => boolean;
  /** Requests a cosignature of a tree. Logs the reason if it fails or times out. Never throws. */
  cosign: (tree: SignedTree, log: WitnessedTree) => Promise<WitnessResponse>;
}

/** The log to cosign. */
export interface WitnessedTree {
  /** The current log. */
  read: () => Promise<SignedTree>;
  proveConsistency: (first: number, second: number) => Promise<Hash[]>;
}

/** The timeout for all requests about one tree, in milliseconds. */
const timeout = 5000;

/** The maximum number of requests about one tree: another is made if the witness wants a proof from another size. */
const maxRounds = 8;

/** How long a cosignature is used before it is renewed, in milliseconds. */
const lifetime = 60_000;

/** The pause after a failure, doubled each time up to a maximum, in milliseconds. */
const minPause = 5000;
const maxPause = 300_000;

/** How far a cosignature's time may be ahead of or behind this clock, in seconds; hosts use the same limits. */
const maxAhead = 300;
const maxBehind = 3600;

/** The maximum length of a response, in characters. */
const maxResponseLength = 16 * 1024;

/** The maximum number of signatures per witness, and of witnesses: a note has at most a hundred signatures. */
const maxSignatures = 8;
const maxWitnesses = 10;

/** Parses `KEY=URL` or `URL`; `undefined` if malformed. KEY is a verifier key of type cosignature. */
export async function parseWitness(text: string): Promise<WitnessAddress | undefined> {
  const [, verifier, url = ''] =
    /^(?:(\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44})=)?(https?:\/\/\S+)$/.exec(text) ?? [];
  if (!URL.canParse(url)) return undefined;
  if (verifier === undefined) return { url, key: undefined };
  const key = await parseNoteVerifier(verifier);
  return key?.type === 'cosignature' ? { url, key } : undefined;
}

/** Creates the configured witnesses. Throws if there are too many, or duplicates. */
export function createWitnesses(addresses: readonly WitnessAddress[], now: () => Date): Witness[] {
  if (addresses.length > maxWitnesses) {
    throw new RangeError(`${addresses.length} witnesses exceed the maximum of ${maxWitnesses}`);
  }
  const keys = addresses.flatMap(({ key }) => (key ? [key] : []));
  for (const names of [addresses.map(({ url }) => url), keys.map(({ verifier }) => verifier)]) {
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new RangeError(`the witness ${twice} is listed twice`);
  }
  return addresses.map((address) => createWitness(address, keys, now));
}

/**
 * Adds cosignatures to a note, except under the keys that have signed it, which are the log's. Several may name one key:
 * where the registry does not know that key, it can't tell which is valid, but hosts that know it can.
 */
export function addCosignatures(note: string, added: readonly NoteSignature[]): string {
  const parsed = parseNote(note);
  if (!parsed) throw new TypeError('not a signed note');
  const { text, signatures } = parsed;
  const others = added.filter((one) => !signatures.some((own) => isSameKey(one, own)));
  return formatNote({ text, signatures: [...signatures, ...others] });
}

/** Whether two signatures, or a key and a signature, name the same key. */
export function isSameKey(
  a: Pick<NoteSignature, 'name' | 'id'>,
  b: Pick<NoteSignature, 'name' | 'id'>,
): boolean {
  return a.name === b.name && a.id === b.id;
}

function createWitness(
  { url, key }: WitnessAddress,
  keys: readonly NoteVerifier[],
  now: () => Date,
): Witness {
  const endpoint = `${url.replace(/\/+$/, '')}/add-checkpoint`;
  /** The size of the largest tree that it has cosigned: the start of the next proof. */
  let largest = 0;
  let latest: { signed: string; until: number } | undefined;
  let failures = { count: 0, until: 0 };

  if (!key) {
    logError(
      `The witness ${url} has no key configured; its cosignatures are served unverified. ` +
        'Configure it as KEY=URL.',
    );
  }

  async function requestCosignature(
    tree: SignedTree,
    { read, proveConsistency }: WitnessedTree,
  ): Promise<NoteSignature[] | 'ahead'> {
    const signal = AbortSignal.timeout(timeout);
    let oldSize = largest;
    let lastReported: number | undefined;
    for (let round = 1; round <= maxRounds; round++) {
      if (oldSize > tree.size) {
        const { size } = await read();
        if (oldSize <= size) return 'ahead';
        throw new Error(`it has cosigned ${oldSize} entries of this log of ${size}`);
      }
      const proof = await proveConsistency(oldSize, tree.size);
      const body = formatAddCheckpoint({ oldSize, proof, checkpoint: tree.signed });
      const { status, text } = await post(endpoint, body, signal);
      if (status === 200) {
        const signatures = await accept(tree, text);
        largest = tree.size;
        return signatures;
      }
      const reported = status === 409 ? parseDecimal(text.replace(/\n$/, '')) : undefined;
      if (reported === undefined) {
        throw new Error(`HTTP status ${status} ${text.trim().slice(0, 200)}`);
      }
      if (reported === oldSize) {
        throw new Error(`it has cosigned a different log of ${reported} entries`);
      }
      if (lastReported !== undefined && reported < lastReported) {
        throw new Error(`its log size shrank from ${lastReported} to ${reported}`);
      }
      lastReported = reported;
      oldSize = reported;
    }
    throw new Error(`it rejected ${maxRounds} consistency proofs`);
  }

  /** The cosignatures to serve from a response: its latest valid one, or all plausible ones without a key. */
  async function accept({ signed }: SignedTree, lines: string): Promise<NoteSignature[]> {
    const signatures = parseSignatures(lines);
    const note = parseNote(signed);
    if (!note || !signatures || signatures.length > maxSignatures) {
      throw new Error('its response is not a list of signatures');
    }
    const present = now().getTime() / 1000;
    const isTimely = (time: number | undefined) =>
      time !== undefined && time <= present + maxAhead && time >= present - maxBehind;
    if (!key) {
      // One for each key, so that a witness can't displace many of another's.
      return signatures.filter(
        (one, at) =>
          isTimely(statedTime(one.signature)) &&
          !keys.some((other) => isSameKey(one, other)) &&
          signatures.findIndex((other) => isSameKey(one, other)) === at,
      );
    }
    const own = signatures.filter((one) => isSameKey(one, key));
    let best: { signature: NoteSignature; time: number } | undefined;
    let untimely: number | undefined;
    for (const signature of own) {
      const time = await verifyTimestampedSignature(note.text, key, signature.signature);
      if (time === undefined) continue;
      if (!isTimely(time)) untimely = time;
      else if (!best || time > best.time) best = { signature, time };
    }
    if (best) return [best.signature];
    throw new Error(
      untimely === undefined
        ? `none of its signatures verifies with ${key.name}+${key.id}`
        : `its clock is ${Math.round(Math.abs(untimely - present))} s ${untimely > present ? 'ahead' : 'behind'}`,
    );
  }

  return {
    key,
    isDue({ signed }, stored) {
      const time = now().getTime();
      if (time < failures.until) return false;
      if (latest?.signed === signed && time < latest.until) return false;
      const own = stored.find((one) => key && isSameKey(one, key));
      const since = own && statedTime(own.signature);
      return since === undefined || since * 1000 + lifetime <= time;
    },
    async cosign(tree, log) {
      try {
        const response = await requestCosignature(tree, log);
        if (response !== 'ahead')
          latest = { signed: tree.signed, until: now().getTime() + lifetime };
        failures = { count: 0, until: 0 };
        return response;
      } catch (error) {
        // Logged once per outage.
        if (failures.count === 0) {
          logError(`The witness ${url} failed to cosign: ${reasonOf(error)}`);
        }
        const pause = Math.min(maxPause, minPause * 2 ** failures.count);
        failures = { count: failures.count + 1, until: now().getTime() + pause };
        return undefined;
      }
    },
  };
}

async function post(
  endpoint: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  // Redirects are not followed; Workers have no 'error' mode.
  const response = await fetch(endpoint, { method: 'POST', body, redirect: 'manual', signal });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxResponseLength) throw new Error('its response is too long');
  }
  return { status: response.status, text: text + decoder.decode() };
}

/** On Node, the reason of a failed fetch is in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
