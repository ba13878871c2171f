import type { Diagnostic, ProfileSummary, SummaryLine } from '../../policy/index.ts';
import { visibleLine } from '../../policy/visible.ts';
import { element } from '../element.ts';

type LinkTo = (line: number) => Node;

/** How many entries of a list are shown. */
const maxShown = 100;

/** The diagnostics of a text as a list. */
export function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  omitted: number,
  linkTo: LinkTo,
): Node[] {
  if (diagnostics.length === 0) return [element('p', { class: 'soft' }, 'No diagnostics.')];
  const items = diagnostics
    .slice(0, maxShown)
    .map(({ id, severity, span, message, suggestion }) =>
      element(
        'li',
        {},
        linkTo(span.start.line),
        ' ',
        element('strong', { class: severity }, severity),
        ` ${visibleLine(suggestion ? `${message} ${suggestion}` : message)} `,
        element('a', { href: `/explain/${id}` }, element('code', {}, id)),
      ),
    );
  return [element('ul', {}, ...items, ...more(diagnostics.length + omitted - items.length))];
}

/** What profiles permit, the most dangerous first. */
export function showSummary(profiles: readonly ProfileSummary[], linkTo: LinkTo): Node[] {
  return profiles
    .slice(0, maxShown)
    .flatMap(({ name, lines }) => [
      ...(profiles.length > 1 ? [element('h3', {}, element('code', {}, visibleLine(name)))] : []),
      lines.length === 0
        ? element('p', { class: 'soft' }, 'Nothing.')
        : element('ul', { class: 'permits' }, ...lines.map((line) => showLine(line, linkTo))),
    ]);
}

/** The number of rules of a line of the summary that are shown. */
const maxRules = 5;

function showLine({ severity, text, examples }: SummaryLine, linkTo: LinkTo): Node {
  const rules = examples.flatMap((one) => one.rules).filter(({ file }) => file === undefined);
  const lines = [...new Set(rules.map(({ line }) => line))];
  return element(
    'li',
    { class: severity },
    element('span', { class: 'severity' }, severity),
    ' ',
    element('strong', {}, visibleLine(text)),
    ...lines.slice(0, maxRules).flatMap((line) => [' ', linkTo(line)]),
    lines.length > maxRules ? ' …' : '',
  );
}

function more(count: number): Node[] {
  return count > 0 ? [element('li', {}, `… and ${count} more`)] : [];
}
