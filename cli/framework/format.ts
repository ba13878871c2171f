import { visibleJson } from '../../policy/visible.ts';
import type { Io } from '../terminal/io.ts';

/** How a command answers. */
export const formatOption = {
  type: 'string',
  choices: ['text', 'json'],
  description: 'text (default) or json: one object; a list is its "items"',
} as const;

/** As {@link formatOption}, of commands that answer bit by bit. */
export const lineFormatOption = {
  ...formatOption,
  description: 'text (default) or json: one object a line',
} as const;

/** Prints an answer: `data` where --format asks for JSON, else these lines. */
export function answer(
  io: Io,
  { format }: { format?: 'text' | 'json' },
  data: object,
  ...lines: string[]
): void {
  if (format === 'json') io.print(toJson(data));
  else for (const line of lines) io.print(line);
}

/** Why a command failed that is to answer with a list as JSON, and what was done before. */
export class AfterItems extends Error {
  readonly items: readonly object[];

  constructor(items: readonly object[], cause: unknown) {
    super('failed after some of the work', { cause });
    this.items = items;
  }
}

/**
 * Does `work`, which tells of each thing that it has done: in lines at once, or, as JSON, all of them as a list in
 * the end. A run that fails then ends with {@link AfterItems}, so that its one object has both.
 */
export async function answerItems(
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

/** JSON in which nothing steers a terminal: what would is escaped as JSON does that, so it stays the same data. */
export const toJson = visibleJson;
