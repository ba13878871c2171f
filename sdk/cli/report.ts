import { type Diagnostic, render } from '../../policy/index.ts';
import { type Io, wantsColor } from './io.ts';

/** Prints every diagnostic with its line and a caret, and a closing count. */
export function printDiagnostics(
  io: Io,
  stream: Io['stdout'],
  diagnostics: Diagnostic[],
  source: string,
  file: string,
): void {
  const color = wantsColor(io, stream);
  for (const diagnostic of diagnostics) {
    stream.write(`${render(diagnostic, source, { file, color })}\n\n`);
  }
  const count = (severity: string) => diagnostics.filter((one) => one.severity === severity).length;
  stream.write(
    diagnostics.length === 0
      ? `${file}: nothing to report\n`
      : `${file}: ${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}\n`,
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
