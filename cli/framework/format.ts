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

/**
 * Does `work`, which tells of each thing that it has done: in lines at once, or, as JSON, all of them as a list in
 * the end. That is also what a run that fails had done before.
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
  } finally {
    if (format === 'json') io.print(toJson({ items }));
  }
}

/** JSON in which nothing steers a terminal: what would is escaped as JSON does that, so it stays the same data. */
export const toJson = visibleJson;
