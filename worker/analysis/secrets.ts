import type { Diagnostic } from '../../contract/index.ts';
import { lineAt, secretsIn } from '../../policy/index.ts';
import { linksWithCredentials, type Manifest } from '../../trust/index.ts';

/** The maximum number of diagnostics per part. */
const maxReported = 20;

/** Diagnostics for links of a manifest that contain credentials. */
export function linkDiagnostics(manifest: Pick<Manifest, 'links'>): Diagnostic[] {
  return linksWithCredentials(manifest).map((link) => ({
    id: 'secret',
    severity: 'error',
    message: `In the manifest: the link "${link}" contains a user name or password. Published versions can't be deleted.`,
    ...{ line: 1, column: 1, endLine: 1, endColumn: 1 },
    expected: 'a URL without credentials',
  }));
}

/** Diagnostics for likely private keys and tokens in the README or the manifest. */
export function secretDiagnostics(part: string, text: string): Diagnostic[] {
  return secretsIn(text)
    .slice(0, maxReported)
    .map(({ what, start, end }) => {
      const place = (offset: number): [line: number, column: number] => [
        lineAt(text, offset),
        [...text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)].length + 1,
      ];
      const [line, column] = place(start);
      const [endLine, endColumn] = place(end);
      const message = `In the ${part}: this looks like ${what}. Published versions can't be deleted.`;
      const expected = 'no private keys or tokens';
      return {
        id: 'secret',
        severity: 'error',
        message,
        line,
        column,
        endLine,
        endColumn,
        expected,
      };
    });
}
