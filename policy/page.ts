// The documentation page of a diagnostic, in Markdown.
import type { Explanation } from './raw-diagnostic.ts';

/** docs/diagnostics/ID.md; a test keeps the files equal to this. */
export function diagnosticPage(id: string, explanation: Explanation): string {
  const { title, severity, text, example, corrected } = explanation;
  const block = (heading: string, policy: string | undefined) =>
    policy === undefined ? '' : `\n${heading}\n\n\`\`\`apparmor\n${policy}\`\`\`\n`;
  return `# ${id}: ${title}\n\nSeverity: ${severity}.\n\n${text}\n${block('Reported:', example)}${block('Corrected:', corrected)}`;
}
