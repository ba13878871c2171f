import {
  type AdmissionRefusalId,
  type Checkpoint,
  cosignatureVerifierOf,
  decodeBase64,
  type Evidence,
  importPublicKey,
  isVersionLogged,
  type NoteVerifier,
  type PublicKey,
  parseNote,
  type SeenCheckpoint,
  sha256,
  type Verification,
  verify,
  verifyLog,
  verifyRevocations,
} from '../../trust/index.ts';

/** The steps of a verification, in their order. */
const titles = {
  checkpoint: 'The log’s key has signed the checkpoint',
  fresh: 'The checkpoint is recent',
  consistency: 'The log contains all that this browser has seen of it',
  signature: 'Keys of the team have signed the statement',
  statement: 'The statement names this version',
  digest: 'The bytes have the signed digest',
  inclusion: 'The log has this version',
  witnesses: 'Witnesses have cosigned the checkpoint',
} as const;

type StepId = keyof typeof titles;

/** A step's result; `unchecked` if it could not be verified or an earlier one failed. */
export interface Step {
  id: StepId;
  title: string;
  state: 'passed' | 'failed' | 'unchecked';
  detail: string;
}

export interface Verdict {
  steps: Step[];
  /** The verified checkpoint, to be stored; `undefined` unless all of the log's steps passed. */
  checkpoint: Checkpoint | undefined;
}

/** What the verifier knows besides the evidence. */
export interface View {
  logKey: NoteVerifier;
  /** `undefined` on first contact. */
  seen: SeenCheckpoint | undefined;
  now: Date;
}

/** The maximum age of a checkpoint, in seconds, as hosts have it by default. */
const maxAge = 24 * 3600;

/**
 * Verifies evidence as hosts do, step by step. Unlike a host it has no pinned keys of the team: those that the registry
 * names, less the revoked ones, count. Never throws.
 */
export async function verifySteps(
  evidence: Evidence,
  { logKey, seen, now }: View,
): Promise<Verdict> {
  const log = { key: logKey, witnesses: [], witnessThreshold: 0, maxAge };
  const viewed = await verifyLog(evidence.log, { log, seen, now });
  const checkpoint = viewed.ok ? viewed.checkpoint : undefined;
  const keys = await validKeys(evidence, checkpoint);
  const verified = await verify(evidence, { keys, threshold: 1 });
  const others = await Promise.all((evidence.others ?? []).map(sha256));
  const steps = [
    ...sequence(['checkpoint', 'fresh', 'consistency'], viewed, logDetails(viewed, logKey, seen)),
    ...sequence(
      ['signature', 'statement', 'digest'],
      withOthers(verified, others),
      claimDetails(evidence, verified),
    ),
    await inclusion(evidence, verified, checkpoint),
    await witnesses(evidence, logKey),
  ];
  return { steps, checkpoint };
}

/** The step that a refusal is about. */
function stepOf(id: AdmissionRefusalId): StepId {
  if (id === 'checkpoint-stale' || id === 'checkpoint-future') return 'fresh';
  if (id.startsWith('log-')) return 'consistency';
  if (id.startsWith('envelope-')) return 'signature';
  if (id.startsWith('statement-')) return 'statement';
  return id === 'digest-mismatch' ? 'digest' : 'checkpoint';
}

type Result = { ok: true } | { ok: false; id: AdmissionRefusalId; reason: string };

/** The results of steps that one check makes in this order, up to the one that failed. */
function sequence(ids: StepId[], result: Result, details: readonly string[]): Step[] {
  const failed = result.ok ? ids.length : ids.indexOf(stepOf(result.id));
  return ids.map((id, at) => {
    if (at < failed) return step(id, 'passed', details[at] ?? '');
    return at === failed && !result.ok
      ? step(id, 'failed', result.reason)
      : step(id, 'unchecked', 'An earlier step failed.');
  });
}

function step(id: StepId, state: Step['state'], detail: string): Step {
  return { id, title: titles[id], state, detail };
}

function logDetails(
  viewed: Awaited<ReturnType<typeof verifyLog>>,
  { name, id }: NoteVerifier,
  seen: SeenCheckpoint | undefined,
): string[] {
  const time = viewed.ok ? new Date(viewed.time * 1000).toISOString() : '';
  const size = viewed.ok ? viewed.checkpoint.size : 0;
  return [
    `Key ${id} of ${name}`,
    viewed.ok ? `Signed ${time}` : '',
    seen === undefined
      ? `This browser sees the log for the first time, with ${size} entries.`
      : `It had ${seen.size} entries, and has ${size}.`,
  ];
}

function claimDetails({ team, name, version }: Evidence, verified: Verification): string[] {
  if (!verified.ok) return [];
  const { signers, digests } = verified;
  return [
    `Key ${signers.map(({ keyId }) => keyId).join(', ')}`,
    `${team}/${name} ${version}`,
    digests.join(', '),
  ];
}

/** Also refuses a version one of whose further variants has another digest than the signed one. */
function withOthers(verified: Verification, others: readonly string[]): Result {
  if (!verified.ok) return verified;
  const wrong = others.find((digest, at) => digest !== verified.digests[at + 1]);
  if (wrong === undefined) return verified;
  const reason = `a variant's digest is ${wrong}, which is not signed for it`;
  return { ok: false, id: 'digest-mismatch', reason };
}

async function inclusion(
  { team, name, version, envelope, proof }: Evidence,
  verified: Verification,
  checkpoint: Checkpoint | undefined,
): Promise<Step> {
  const digest = verified.ok ? verified.digests[0] : undefined;
  if (!checkpoint || digest === undefined) {
    return step('inclusion', 'unchecked', 'An earlier step failed.');
  }
  const payload = await sha256(decodeBase64(envelope.payload) ?? new Uint8Array());
  const logged = { team, name, version, digest, payload };
  return (await isVersionLogged(logged, proof, checkpoint))
    ? step('inclusion', 'passed', `Entry ${proof.index} of ${checkpoint.size}`)
    : step('inclusion', 'failed', `It does not have it at ${proof.index}.`);
}

/** The keys that the registry names for the team, less the revoked ones. */
async function validKeys(
  { team, keys }: Evidence,
  checkpoint: Checkpoint | undefined,
): Promise<PublicKey[]> {
  const revoked = checkpoint && (await verifyRevocations(team, keys, checkpoint));
  const valid = keys.filter((key) => !key.revoked);
  const imported = await Promise.all(valid.map(({ publicKey }) => importPublicKey(publicKey)));
  return imported.filter((key) => key !== undefined && !revoked?.has(key.keyId)) as PublicKey[];
}

/** Names the witnesses; their keys are pinned by hosts and not known here. */
async function witnesses({ log }: Evidence, logKey: NoteVerifier): Promise<Step> {
  const own = [logKey.id, (await cosignatureVerifierOf(logKey)).id];
  const others = parseNote(log.checkpoint)?.signatures.filter(({ id }) => !own.includes(id)) ?? [];
  return step(
    'witnesses',
    'unchecked',
    others.length === 0
      ? 'The checkpoint has no other signature.'
      : `Signatures by ${others.map(({ name, id }) => `${name} (${id})`).join(', ')}. This page does not know their keys; a host pins them.`,
  );
}
