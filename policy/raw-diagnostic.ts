// What is reported about a text, and how an id is explained.
import type { Range } from './syntax/source.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Something to report, in offsets of one text. */
export interface RawDiagnostic extends Range {
  id: string;
  message: string;
  expected?: string;
  suggestion?: string;
  fix?: { start: number; end: number; text: string };
  /** Where it differs from that of the id: a warning, as every apparmor_parser compiles it, and not as it was meant. */
  severity?: Severity;
  /** What every apparmor_parser up to now does with it, where AppArmor's own tests say otherwise. */
  parsers?: 'accept' | 'refuse';
}

/** What an id means. `aa-registry explain ID` and docs/diagnostics/ID.md are made from this. */
export interface Explanation {
  title: string;
  severity: Severity;
  /** Why it is reported and what to do. */
  text: string;
  /** A policy that shows it. */
  example?: string;
  /** The corrected policy. */
  corrected?: string;
}

/** The explanation of an error. */
export const error = (
  title: string,
  text: string,
  example?: string,
  corrected?: string,
): Explanation => ({
  title,
  severity: 'error',
  text,
  ...(example && { example }),
  ...(corrected && { corrected }),
});
