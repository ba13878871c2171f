import { visibleLine } from '../../policy/visible.ts';
import { element } from '../element.ts';
import type { Answer, CanResult } from './answer.ts';

/** The number of rules of an answer that are shown. */
const maxRules = 20;

/** Shows an answer; `linkTo` makes what leads to a line of the profile's own text. */
export function show(result: CanResult, linkTo: (line: number) => Node): Node[] {
  if ('fault' in result) return fault(result.fault);
  const { answers, unread } = result;
  if (answers.length === 0) return fault('The file has no profile.');
  const shown = answers.flatMap((answer) => showAnswer(answer, answers.length > 1, linkTo));
  if (unread.length === 0) return shown;
  const names = unread.map(visibleLine).join(', ');
  return [...shown, element('p', { class: 'soft' }, `Includes that were not read: ${names}.`)];
}

/** Shows why there is no answer. */
export function fault(text: string): Node[] {
  return [element('p', { class: 'error' }, visibleLine(text))];
}

function showAnswer(
  { profile, text, rules }: Answer,
  isNamed: boolean,
  linkTo: (line: number) => Node,
): Node[] {
  const line = element('p', {}, ...(isNamed ? [`${visibleLine(profile)}: `] : []));
  line.append(element('strong', {}, visibleLine(text)));
  const items = rules.slice(0, maxRules).map(({ text, line, file }) => {
    const place =
      file === undefined
        ? linkTo(line)
        : `${visibleLine(file.replace(/^base:/, ''))}, line ${line}`;
    return element('li', {}, place, ' ', element('code', {}, visibleLine(text)));
  });
  const more = rules.length - items.length;
  if (more > 0) items.push(element('li', {}, `… and ${more} more`));
  return items.length === 0 ? [line] : [line, element('ul', { class: 'deciding' }, ...items)];
}
