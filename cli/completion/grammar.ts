import { type Command, placeholder, type Topic } from '../framework/command.ts';
import { helpOption } from '../framework/help.ts';

/** What can stand in a place: the names of installed profiles, files, folders, or one of a few words. */
export type Kind = 'profiles' | 'files' | 'folders' | 'none' | readonly string[];

/** What can follow in a command line, as far as a shell completes it. */
export interface Grammar {
  commands: CompletedCommand[];
  /** Words that another one follows, as `key` and `admin base`; the shorter ones first. */
  groups: CompletedGroup[];
  /** First words that are a command by themselves. */
  single: CompletedCommand[];
}

export interface CompletedGroup {
  /** The words, and how many they are. */
  words: string;
  depth: number;
  /** What can follow, each with its meaning. */
  next: { word: string; summary: string }[];
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
  return {
    commands,
    groups: groupsOf(commands),
    single: commands.filter(({ name }) => !name.includes(' ')),
  };
}

function groupsOf(commands: readonly CompletedCommand[]): CompletedGroup[] {
  const starts = commands.flatMap(({ name }) => {
    const words = name.split(' ');
    return words.slice(1).map((_, at) => words.slice(0, at + 1).join(' '));
  });
  return [...new Set(starts)]
    .map((words) => ({ words, depth: words.split(' ').length, next: nextOf(words, commands) }))
    .sort((a, b) => a.depth - b.depth);
}

/** What follows these words: a command's last word, or a group's, which stands for the commands in it. */
function nextOf(words: string, commands: readonly CompletedCommand[]): CompletedGroup['next'] {
  const rests = commands.flatMap(({ name, summary }) =>
    name.startsWith(`${words} `) ? [{ rest: name.slice(words.length + 1), summary }] : [],
  );
  return [...new Set(rests.map(({ rest }) => rest.split(' ')[0] ?? ''))].map((word) => {
    const own = rests.find(({ rest }) => rest === word);
    const below = rests.filter(({ rest }) => rest.startsWith(`${word} `));
    return {
      word,
      summary: own?.summary ?? below.map(({ rest }) => rest.slice(word.length + 1)).join(', '),
    };
  });
}

/** The groups of one word, of two, and so on. */
export function groupsByDepth(groups: readonly CompletedGroup[]): CompletedGroup[][] {
  const byDepth = Map.groupBy(groups, ({ depth }) => depth);
  return [...byDepth.values()];
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
