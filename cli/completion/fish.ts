import { type CompletedCommand, type Grammar, type Kind, quoted } from './grammar.ts';

/** The completion for fish. */
export function fishCompletion({ commands, groups, single }: Grammar): string {
  const first = [
    ...single.map(({ name, summary }) => [name, summary]),
    ...groups
      .filter(({ depth }) => depth === 1)
      .map(({ words, next }) => [words, next.map(({ word }) => word).join(', ')]),
    ['help', 'Show help'],
  ];
  const lines = [
    ...first.map(([word = '', meaning = '']) => wordLine('__fish_use_subcommand', word, meaning)),
    ...groups.flatMap(({ words, next }) =>
      next.map(({ word, summary }) => wordLine(`__fish_aa_registry_at ${words}`, word, summary)),
    ),
    ...commands.flatMap(commandLines),
  ];
  return `# fish completion of aa-registry, made by "aa-registry completion fish"

# Whether the words after aa-registry are just these.
function __fish_aa_registry_at
    set -l words (commandline -opc)
    test "$words[2..-1]" = "$argv"
end

# Whether they begin with these.
function __fish_aa_registry_after
    set -l words (commandline -opc)
    set -l last (math (count $argv) + 1)
    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end

# The installed profiles: one file each.
function __fish_aa_registry_profiles
    for file in /etc/apparmor.d/aa-registry.*.*
        string replace '/etc/apparmor.d/aa-registry.' '' $file | string replace . / | string replace -r '^library/' ''
    end
end

complete -c aa-registry -f
${lines.join('\n')}
`;
}

function wordLine(condition: string, word: string, meaning: string): string {
  return `complete -c aa-registry -n ${quoted(condition)} -a ${word} -d ${fishQuoted(meaning)}`;
}

function commandLines({ name, options, argument }: CompletedCommand): string[] {
  const when = `complete -c aa-registry -n ${quoted(`__fish_aa_registry_after ${name}`)}`;
  return [
    ...options.map(({ name: option, short, description, value }) => {
      const spelt = `${short ? ` -s ${short}` : ''} -l ${option}`;
      return `${when}${spelt}${value === undefined ? '' : ` -r${action(value)}`} -d ${fishQuoted(description)}`;
    }),
    ...(argument === 'none' ? [] : [`${when}${action(argument)}`]),
  ];
}

function action(kind: Kind): string {
  if (typeof kind === 'object') return ` -f -a ${quoted(kind.join(' '))}`;
  if (kind === 'profiles') return " -f -a '(__fish_aa_registry_profiles)'";
  if (kind === 'files') return ' -F';
  return kind === 'folders' ? " -f -a '(__fish_complete_directories)'" : ' -f';
}

/** Between single quotes fish, other than POSIX shells, reads a backslash. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
