import {
  type CompletedCommand,
  type CompletedGroup,
  type CompletedOption,
  type Grammar,
  groupsByDepth,
  type Kind,
  quoted,
} from './grammar.ts';

/** The completion for zsh: to be autoloaded as `_aa-registry`, or sourced after compinit. */
export function zshCompletion({ commands, groups, single }: Grammar): string {
  const first = [
    ...single.map(({ name, summary }) => described(name, summary)),
    ...groups
      .filter(({ depth }) => depth === 1)
      .map(({ words, next }) => described(words, next.map(({ word }) => word).join(', '))),
    described('help', 'Show help'),
  ];
  return `#compdef aa-registry
# zsh completion of aa-registry, made by "aa-registry completion zsh"

# The installed profiles: one file each.
_aa-registry_profiles() {
  setopt localoptions extendedglob
  local -a names
  names=(/etc/apparmor.d/aa-registry.*.*(N:t))
  names=(\${names#aa-registry.})
  names=(\${(M)names:#[a-z0-9._-]##})
  names=(\${names/./\\/})
  compadd -- \${names#library/}
}

_aa-registry() {
  local command=$words[2]
  local -a choices
  if (( CURRENT == 2 )); then
    choices=(
${first.map((line) => `      ${line}`).join('\n')}
    )
    _describe -t commands command choices
    return
  fi
${groupsByDepth(groups)
  .map((of) => `  case $command in\n${of.map(groupCase).join('\n')}\n  esac`)
  .join('\n')}
  shift words
  (( CURRENT -= 1 ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

if [[ $funcstack[1] == _aa-registry ]]; then
  _aa-registry "$@"
else
  compdef _aa-registry aa-registry
fi
`;
}

function groupCase({ words, next }: CompletedGroup): string {
  const lines = next.map(({ word, summary }) => described(word, summary));
  return `    ${quoted(words)})
      if (( CURRENT == 3 )); then
        choices=(
${lines.map((line) => `          ${line}`).join('\n')}
        )
        _describe -t commands command choices
        return
      fi
      command="$command $words[3]"
      shift words
      (( CURRENT -= 1 ))
      ;;`;
}

function commandCase({ name, options, argument }: CompletedCommand): string {
  const specifications = [
    ...options.map(optionSpecification),
    ...(argument === 'none' ? [] : [quoted(`*:argument:${action(argument)}`)]),
  ];
  return `    ${quoted(name)})
      _arguments -s -S \\
${specifications.map((one) => `        ${one}`).join(' \\\n')}
      ;;`;
}

function optionSpecification({ name, short, description, value }: CompletedOption): string {
  const text = `[${description.replaceAll(/[[\]\\:]/g, '\\$&')}]`;
  const given = value === undefined ? '' : `:value:${action(value)}`;
  if (short === undefined)
    return quoted(`*--${name}${value === undefined ? '' : '='}${text}${given}`);
  const both = `{-${short}${value === undefined ? '' : '+'},--${name}${value === undefined ? '' : '='}}`;
  return `'*'${both}${quoted(text + given)}`;
}

function action(kind: Kind): string {
  if (typeof kind === 'object') return `(${kind.join(' ')})`;
  if (kind === 'profiles') return '_aa-registry_profiles';
  if (kind === 'files') return '_files';
  return kind === 'folders' ? '_files -/' : ' ';
}

/** A word and what it means, as _describe reads it. */
function described(word: string, meaning: string): string {
  return quoted(`${word}:${meaning}`);
}
