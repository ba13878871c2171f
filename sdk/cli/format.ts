import { CliError, exit } from './command.ts';
import { steering } from './io.ts';

export type Format = 'text' | 'json' | 'sarif';

/** The option of every command that prints data. */
export const formatOption = {
  type: 'string',
  value: 'text|json',
  description: 'text (default) or json: one object; a list is its "items"',
} as const;

/** The format that --format names; a usage error when the command has no such format. */
export function parseFormat<F extends Format>(
  text: string | undefined,
  known: readonly F[],
): F | 'text' {
  if (text === undefined) return 'text';
  const format = known.find((one) => one === text);
  if (format === undefined) {
    throw new CliError(exit.usage, `--format is one of ${known.join(', ')}, not "${text}".`);
  }
  return format;
}

/** Whether {@link formatOption} asks for JSON. */
export function wantsJson(text: string | undefined): boolean {
  return parseFormat(text, ['text', 'json'] as const) === 'json';
}

/** JSON in which nothing steers a terminal: what would is escaped as JSON does that, so it stays the same data. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
