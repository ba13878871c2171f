import { isRelease, newestRelease } from '../../policy/release.ts';
import { askWorker, WorkerFault } from '../ask-worker.ts';
import { element } from '../element.ts';
import { FetchError, fetchBytes } from '../fetched.ts';
import type { CanRequest, CanResult } from './answer.ts';
import { askedIn } from './asked.ts';
import { fault, show } from './show.ts';

/**
 * Answers the question in an element's form about the profile that the element names (`data-profile` is the path of its
 * text; `data-release` and `data-base` are the release and the digest of its base policy, if known). Returns what to show.
 */
export async function start(part: HTMLElement): Promise<Node[]> {
  try {
    const result = await askWorker<CanRequest, CanResult>('/can-worker.js', await requestOf(part));
    return show(result, (line) => element('a', { href: `#L${line}` }, `Line ${line}`));
  } catch (error) {
    if (error instanceof FetchError || error instanceof WorkerFault) return fault(error.message);
    throw error;
  }
}

async function requestOf(part: HTMLElement): Promise<CanRequest> {
  const { profile = '', release = '', base = '' } = part.dataset;
  const asked = askedIn(part.querySelector('form') ?? undefined);
  const [source, files] = await Promise.all([
    textOf(profile),
    base === '' ? undefined : textOf(`/v1/bases/${base}`),
  ]);
  return {
    source,
    release: isRelease(release) ? release : newestRelease,
    base: files === undefined ? undefined : JSON.parse(files).files,
    asked,
  };
}

const decoder = new TextDecoder();

/** The text at a path; the browser's cache has it for the next question. */
async function textOf(path: string): Promise<string> {
  return decoder.decode(await fetchBytes(path));
}
