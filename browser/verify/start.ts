import { visibleLine } from '../../policy/visible.ts';
import { fetchEvidence } from '../../sdk/resolve/evidence.ts';
import { parseNoteVerifier } from '../../trust/index.ts';
import { element } from '../element.ts';
import { FetchError } from '../fetched.ts';
import { readSeen, writeSeen } from './seen.ts';
import { source } from './source.ts';
import { type Step, verifySteps } from './steps.ts';

const states: Record<Step['state'], string> = {
  passed: 'passed',
  failed: 'failed',
  unchecked: 'not checked',
};

/**
 * Verifies the version that an element names (`data-team`, `data-name`, `data-version`) and returns the result to show in
 * it: each step, and what they say together.
 */
export async function start(section: HTMLElement): Promise<Node[]> {
  try {
    return await verifyVersion(section);
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    return [element('p', { class: 'error' }, visibleLine(error.message))];
  }
}

async function verifyVersion({ dataset }: HTMLElement): Promise<Node[]> {
  const { team = '', name = '', version = '' } = dataset;
  const stored = readSeen(localStorage);
  const verifier = stored?.verifier ?? (await source.getLogVerifier());
  const logKey = await parseNoteVerifier(verifier);
  if (!logKey) return [element('p', { class: 'error' }, 'The log’s key is malformed.')];
  const seen = stored?.checkpoint;
  const evidence = await fetchEvidence(source, { team, name, version }, { seen });
  const { steps, checkpoint } = await verifySteps(evidence, { logKey, seen, now: new Date() });
  const isStored = checkpoint === undefined || writeSeen(localStorage, { verifier, checkpoint });
  const isFailed = steps.some(({ state }) => state === 'failed');
  return [
    element(
      'p',
      isFailed ? { class: 'error' } : {},
      isFailed
        ? 'The verification failed. Do not use this version before you know why.'
        : 'All that this page can check is as it should be.',
    ),
    element('ol', { class: 'steps' }, ...steps.map(row)),
    ...(isStored ? [] : [element('p', {}, 'This browser could not store the checkpoint.')]),
  ];
}

function row({ title, state, detail }: Step): Node {
  return element(
    'li',
    { class: state },
    element('strong', {}, title),
    ' ',
    element('span', { class: 'state' }, states[state]),
    element('span', { class: 'detail' }, visibleLine(detail)),
  );
}
