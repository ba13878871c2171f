import {
  formatAddCheckpoint,
  formatNote,
  type Hash,
  type NoteSignature,
  parseDecimal,
  parseNote,
  parseSignatures,
} from '../trust/log/index.ts';
import { tellOperator } from './text-log.ts';

/** A checkpoint to be cosigned. */
export interface SignedTree {
  size: number;
  /** The note that the log's key has signed, without a timestamp: the same whenever it is asked for. */
  signed: string;
  /** The largest tree that a witness has claimed to know before this one was read: it can't be smaller. */
  claimed?: number | undefined;
}

/** What witnesses have said of a checkpoint. */
export interface Cosigned {
  signatures: NoteSignature[];
  /**
   * The size of a tree that one of them has cosigned already, if this one can't get its cosignature any more:
   * to be asked about the log as it stands now.
   */
  behind: number | undefined;
}

/** The witnesses that a registry asks to cosign its checkpoints. */
export interface Witnesses {
  /** Never throws: of a witness that fails only the signature is missing. */
  cosign(tree: SignedTree, proveConsistency: ProveConsistency): Promise<Cosigned>;
}

export type ProveConsistency = (first: number, second: number) => Promise<Hash[]>;

/** How long a witness may take, in milliseconds. */
const timeout = 3000;

/** How long a cosignature is used before a fresh one is asked for, in milliseconds. */
const lifetime = 60_000;

/** How long a witness that failed is left alone, in milliseconds. */
const pause = 5000;

/** The longest answer, in characters. */
const longestAnswer = 16 * 1024;

/** The most signatures that one witness may add, and the most witnesses: a note carries a hundred. */
const mostSignatures = 8;
const mostWitnesses = 10;

/** How often one witness is asked about one tree: again when it says from which size on it wants the proof. */
const mostRounds = 5;

/**
 * Asks the witnesses at these addresses, which the operator gave; no other is ever contacted. Throws when
 * one is no address.
 */
export function createWitnesses(urls: readonly string[], now: () => Date): Witnesses {
  if (urls.length > mostWitnesses) {
    throw new RangeError(`${urls.length} witnesses are more than ${mostWitnesses}`);
  }
  const witnesses = urls.map((url) => createWitness(url, now));
  return {
    async cosign(tree, proveConsistency) {
      const answers = await Promise.all(
        witnesses.map((witness) => witness(tree, proveConsistency)),
      );
      return {
        signatures: answers.flatMap((answer) => (Array.isArray(answer) ? answer : [])),
        behind: answers.find((answer) => typeof answer === 'number'),
      };
    },
  };
}

/** The note with cosignatures added, none in the place of a signature that it has already. */
export function addCosignatures(note: string, added: readonly NoteSignature[]): string {
  const parsed = parseNote(note);
  if (!parsed) throw new TypeError('this is no signed note');
  const signatures = [...parsed.signatures];
  for (const one of added) {
    if (signatures.some(({ name, id }) => name === one.name && id === one.id)) continue;
    signatures.push(one);
  }
  return formatNote({ text: parsed.text, signatures });
}

/** The signatures, or the size of the larger tree that it has cosigned. */
type Answer = NoteSignature[] | number;

/**
 * One witness. What it said is remembered, and shared between requests; what is under way is not: on Workers
 * a request that waits for another's answer waits for ever if that one is cancelled.
 */
function createWitness(url: string, now: () => Date) {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new TypeError(`"${url}" is no address of a witness`);
  }
  const endpoint = `${url.replace(/\/+$/, '')}/add-checkpoint`;
  /** The size of the largest tree that it has cosigned here. */
  let largest = 0;
  let latest: { signed: string; signatures: NoteSignature[]; until: number } | undefined;
  let failure: { until: number } | undefined;

  async function ask(tree: SignedTree, proveConsistency: ProveConsistency): Promise<Answer> {
    const { size, signed, claimed = Number.POSITIVE_INFINITY } = tree;
    const signal = AbortSignal.timeout(timeout);
    let oldSize = largest;
    for (let round = 1; round <= mostRounds; round++) {
      // Another request may have asked meanwhile.
      if (latest?.signed === signed) return latest.signatures;
      if (oldSize > size) {
        if (size >= claimed || oldSize < claimed) return oldSize;
        throw new Error(`it has cosigned ${oldSize} entries of this log of ${size}`);
      }
      const proof = await proveConsistency(oldSize, size);
      const body = formatAddCheckpoint({ oldSize, proof, checkpoint: signed });
      const { status, text } = await post(endpoint, body, signal);
      if (status === 200) {
        const signatures = parseSignatures(text);
        if (!signatures || signatures.length > mostSignatures) {
          throw new Error('it answers with something else than signatures');
        }
        largest = Math.max(largest, size);
        latest = { signed, signatures, until: now().getTime() + lifetime };
        return signatures;
      }
      const itsSize = status === 409 ? parseDecimal(text.replace(/\n$/, '')) : undefined;
      if (itsSize === undefined)
        throw new Error(`it answers ${status} ${text.trim().slice(0, 200)}`);
      if (itsSize === oldSize) throw new Error(`it knows another log of ${itsSize} entries`);
      oldSize = itsSize;
    }
    return oldSize;
  }

  return async (tree: SignedTree, proveConsistency: ProveConsistency): Promise<Answer> => {
    const time = now().getTime();
    if (latest && time >= latest.until) latest = undefined;
    if (latest?.signed === tree.signed) return latest.signatures;
    if (failure && time < failure.until) return [];
    try {
      const answer = await ask(tree, proveConsistency);
      failure = undefined;
      return answer;
    } catch (error) {
      // Told once, until it works again.
      if (!failure) tellOperator(`The witness ${url} does not cosign: ${reasonOf(error)}`);
      failure = { until: now().getTime() + pause };
      return [];
    }
  };
}

async function post(
  endpoint: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  // Not followed: 'error' would say so, but Workers do not know it. A redirect is an answer like any other.
  const response = await fetch(endpoint, { method: 'POST', body, redirect: 'manual', signal });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > longestAnswer) throw new Error('its answer is too long');
  }
  return { status: response.status, text: text + decoder.decode() };
}

/** What a failed fetch says is in its cause, on Node. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
