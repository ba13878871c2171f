import { type Command, placeholder, type Topic } from '../framework/command.ts';
import { helpOption } from '../framework/help.ts';

/** What can stand in a place: the names of installed profiles, files, folders, or one of a few words. */
export type Kind = 'profiles' | 'files' | 'folders' | 'none' | readonly string[];

/** What can follow in a command line, as far as a shell completes it. */
export interface Grammar {
  commands: CompletedCommand[];
  /** First words that a second one follows, as in `key add`. */
  groups: { word: string; commands: CompletedCommand[] }[];
  /** First words that are a command by themselves. */
  single: CompletedCommand[];
}

export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  /** What its arguments are. */
  argument: Kind;
}

export interface CompletedOption {
  name: string;
  short: string | undefined;
  description: string;
  /** What its value is; `undefined` when it takes none. */
  value: Kind | undefined;
}

/** Reads the grammar off the commands' own definitions. */
export async function readGrammar(topics: Topic[]): Promise<Grammar> {
  const loads = topics.flatMap(({ commands }) => Object.values(commands));
  const commands = (await Promise.all(loads.map((load) => load()))).map(complete);
  const words = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
  const groups = words
    .map((word) => ({
      word,
      commands: commands.filter(({ name }) => name.startsWith(`${word} `)),
    }))
    .filter((group) => group.commands.length > 0);
  return { commands, groups, single: commands.filter(({ name }) => !name.includes(' ')) };
}

function complete({ name, summary, options, args }: Command): CompletedCommand {
  return {
    name,
    summary,
    options: Object.entries({ ...options, ...helpOption }).map(([option, declared]) => ({
      name: option,
      short: declared.short,
      description: declared.description,
      value:
        declared.type === 'boolean'
          ? undefined
          : (declared.choices ?? kindOf(placeholder(declared) ?? '')),
    })),
    // One completion serves every argument: what the first that can be completed is.
    argument:
      args.map((one) => one.choices ?? kindOf(one.name)).find((kind) => kind !== 'none') ?? 'none',
  };
}

function kindOf(placeholder: string): Kind {
  if (/^(REF|NAME)\b/.test(placeholder)) return 'profiles';
  if (/FILE|\.pub$/.test(placeholder)) return 'files';
  return placeholder === 'DIR' ? 'folders' : 'none';
}

/** Text between single quotes, for any POSIX shell and for fish. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
