import { askWorker, WorkerFault } from '../ask-worker.ts';
import { askedIn } from '../can/asked.ts';
import { fault, show } from '../can/show.ts';
import { element } from '../element.ts';
import { FetchError } from '../fetched.ts';
import { offerBases, selectedBase } from './bases.ts';
import { createEditor } from './editor.ts';
import { decodeFragment, encodeFragment, maxTextBytes } from './fragment.ts';
import type { Reply, Request } from './reply.ts';
import { showDiagnostics, showSummary } from './show.ts';

/** How long after the last change the text is looked at, in milliseconds. */
const pause = 300;

const part = document.getElementById('playground') as HTMLElement;
const find = <One extends HTMLElement>(name: string) =>
  part.querySelector(`[data-part="${name}"]`) as One;
const status = find('status');
const bases = find<HTMLSelectElement>('base');

const linked = await decodeFragment(location.hash);
if (location.hash !== '' && linked === undefined) {
  status.textContent = 'This link has no readable text, or one that is too large.';
}
let looking: AbortController | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const editor = createEditor(find('editor'), linked ?? part.dataset.example ?? '', () => {
  clearTimeout(timer);
  // Its answer would be about another text.
  looking?.abort();
  timer = setTimeout(look, pause);
});

const linkTo = (line: number) => {
  const button = element('button', { type: 'button', class: 'line' }, `Line ${line}`);
  button.addEventListener('click', () => editor.goTo(line));
  return button;
};

/** Asks the worker about the current text; `undefined`, with the reason shown, if there is no answer. */
async function ask<Kind extends Request['kind']>(
  request: Extract<Omit<Request, 'source' | 'base'>, { kind: Kind }> | object,
  signal?: AbortSignal,
): Promise<Reply<Kind> | undefined> {
  const source = editor.text();
  try {
    if (new Blob([source]).size > maxTextBytes) throw new WorkerFault('The text is too large.');
    const base = await selectedBase(bases);
    return await askWorker('/playground-worker.js', { ...request, source, base }, signal);
  } catch (error) {
    if (signal?.aborted) return undefined;
    if (!(error instanceof WorkerFault || error instanceof FetchError)) throw error;
    status.textContent = error.message;
    return undefined;
  }
}

/** Shows the diagnostics and the summary of the text. */
async function look(): Promise<void> {
  looking?.abort();
  looking = new AbortController();
  const { signal } = looking;
  const report = await ask<'report'>({ kind: 'report' }, signal);
  if (!report || signal.aborted) return;
  const { diagnostics, omitted, summary, unseen } = report;
  editor.mark(diagnostics);
  find('diagnostics').replaceChildren(...showDiagnostics(diagnostics, omitted, linkTo));
  find('summary').replaceChildren(
    ...(summary ? showSummary(summary, linkTo) : fault('The text has errors.')),
    ...(unseen.length === 0
      ? []
      : [element('p', {}, `Not read, and treated as empty: ${unseen.join(', ')}.`)]),
  );
}

find('format').addEventListener('click', async () => {
  const before = editor.text();
  const formatted = await ask<'format'>({ kind: 'format' });
  if (!formatted || editor.text() !== before) return;
  const { text, diagnostics } = formatted;
  const isBroken = diagnostics.some(({ severity }) => severity === 'error');
  if (text !== before) editor.replace(text);
  status.textContent = isBroken ? 'A text with errors is not formatted.' : 'Formatted.';
});

find('share').addEventListener('click', async () => {
  history.replaceState(null, '', await encodeFragment(editor.text()));
  status.textContent = 'The address of this page has the text now.';
  try {
    await navigator.clipboard.writeText(location.href);
    status.textContent = 'The link is copied. It has the text in it.';
  } catch {
    // Not allowed: the address bar has it.
  }
});

find<HTMLInputElement>('open').addEventListener('change', async ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (!file) return;
  if (file.size > maxTextBytes) status.textContent = 'The file is too large.';
  else editor.replace(await file.text());
});

const form = part.querySelector('form') as HTMLFormElement;
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const result = await ask<'can'>({ kind: 'can', asked: askedIn(form) });
  if (result) find('answer').replaceChildren(...show(result, linkTo));
});

bases.addEventListener('change', look);
part.hidden = false;
document.getElementById('needs-scripts')?.remove();
// Without the registry, texts are read without a base policy.
await offerBases(bases).catch(() => {});
await look();
