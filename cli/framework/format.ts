import { visibleJson } from '../../policy/visible.ts';
import type { Io } from '../terminal/io.ts';

/** The output format of a command. */
export const formatOption = {
  type: 'string',
  choices: ['text', 'json'],
  description: 'text (default) or json: one object; a list is its "items"',
} as const;

/** As {@link formatOption}, for commands with streaming output. */
export const lineFormatOption = {
  ...formatOption,
  description: 'text (default) or json: one object a line',
} as const;

/** Prints the result: `data` with --format json, otherwise these lines. */
export function printResult(
  io: Io,
  { format }: { format?: 'text' | 'json' },
  data: object,
  ...lines: string[]
): void {
  if (format === 'json') io.print(toJson(data));
  else for (const line of lines) io.print(line);
}

/** The failure of a command that prints a JSON list, with the items that were done before it. */
export class AfterItems extends Error {
  readonly items: readonly object[];

  constructor(items: readonly object[], cause: unknown) {
    super('failed after some of the work', { cause });
    this.items = items;
  }
}

/**
 * Runs `work`, which reports each completed item: as text immediately, or as one JSON list at the end. With JSON, a
 * failure throws {@link AfterItems}, so that one object has the items and the error.
 */
export async function outputItems(
  io: Io,
  { format }: { format?: 'text' | 'json' },
  work: (done: (item: object, ...lines: string[]) => void) => Promise<void>,
): Promise<void> {
  const items: object[] = [];
  try {
    await work((item, ...lines) => {
      if (format === 'json') items.push(item);
      else for (const line of lines) io.print(line);
    });
  } catch (error) {
    throw format === 'json' ? new AfterItems(items, error) : error;
  }
  if (format === 'json') io.print(toJson({ items }));
}

/**
 * JSON that is safe to print on a terminal: control characters are escaped in JSON's syntax, which keeps the data the
 * same.
 */
export const toJson = visibleJson;
