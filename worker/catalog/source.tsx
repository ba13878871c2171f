import type { Diagnostic } from '../api/schema/index.ts';

/** A profile's text with numbered lines to link to; lines that lint speaks of carry its severity. */
export function Source(props: { text: string; diagnostics: Diagnostic[] }) {
  const lines = props.text.replace(/\n$/, '').split('\n');
  const severities = new Map<number, string>();
  for (const { line, severity } of props.diagnostics) {
    if (severities.get(line) !== 'error') severities.set(line, severity);
  }
  return (
    <pre class="source">
      <code>
        {lines.map((line, index) => {
          const number = index + 1;
          return (
            <span class={`line ${severities.get(number) ?? ''}`} id={`L${number}`}>
              <a class="number" href={`#L${number}`}>
                {number}
              </a>
              <span class={/^\s*#(?!\s*include)/.test(line) ? 'comment' : ''}>{line}</span>
            </span>
          );
        })}
      </code>
    </pre>
  );
}
