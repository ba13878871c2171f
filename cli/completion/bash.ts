import {
  type CompletedCommand,
  type CompletedGroup,
  type Grammar,
  groupsByDepth,
  type Kind,
  quoted,
} from './grammar.ts';

/** The completion for bash: one function, which needs nothing of the package bash-completion. */
export function bashCompletion({ commands, groups, single }: Grammar): string {
  const first = [
    ...single.map(({ name }) => name),
    ...groups.filter(({ depth }) => depth === 1).map(({ words }) => words),
    'help',
    '--help',
    '--version',
  ];
  return `# bash completion of aa-registry, made by "aa-registry completion bash"

# The installed profiles: one file each.
_aa_registry_profiles() {
    local file name
    for file in /etc/apparmor.d/aa-registry.*.*; do
        name=\${file#/etc/apparmor.d/aa-registry.}
        # compgen expands what it is given.
        [[ -e $file && $name =~ ^[a-z0-9._-]+$ ]] || continue
        [[ $name == library.* ]] && name=\${name#library.} || name=\${name/.//}
        printf '%s\\n' "$name"
    done
}

_aa_registry_words() {
    local IFS=$' \\t\\n'
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_aa_registry_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$word")
}

_aa_registry() {
    local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
    local command=\${COMP_WORDS[1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _aa_registry_words ${quoted(first.join(' '))}
        return
    fi
${groupsByDepth(groups)
  .map((of) => `    case $command in\n${of.map(groupCase).join('\n')}\n    esac`)
  .join('\n')}
    case $command in
${commands.map(commandCase).join('\n')}
    esac
}

complete -F _aa_registry aa-registry
`;
}

function groupCase({ words, depth, next }: CompletedGroup): string {
  const following = next.map(({ word }) => word).join(' ');
  return `        ${quoted(words)})
            if ((COMP_CWORD == ${depth + 1})); then
                _aa_registry_words ${quoted(following)}
                return
            fi
            command="$command \${COMP_WORDS[${depth + 1}]}"
            ;;`;
}

function commandCase({ name, options, argument }: CompletedCommand): string {
  const valued = options.flatMap(({ name: option, short, value }) => {
    if (value === undefined) return [];
    const pattern = `${short ? `-${short} | ` : ''}--${option}`;
    return [`                ${pattern}) ${complete(value)} ;;`];
  });
  const all = options.flatMap((option) => [
    `--${option.name}`,
    ...(option.short ? [`-${option.short}`] : []),
  ]);
  return `        ${quoted(name)})
            case $previous in
${valued.map((line) => line.replace(' ;;', '; return ;;')).join('\n')}
            esac
            if [[ $word == -* ]]; then
                _aa_registry_words ${quoted(all.join(' '))}
            else
                ${complete(argument)}
            fi
            ;;`.replace(/\n {12}case \$previous in\n\n {12}esac/, '');
}

function complete(kind: Kind): string {
  if (typeof kind === 'object') return `_aa_registry_words ${quoted(kind.join(' '))}`;
  if (kind === 'profiles') return '_aa_registry_words "$(_aa_registry_profiles)"';
  if (kind === 'files') return '_aa_registry_files -f';
  return kind === 'folders' ? '_aa_registry_files -d' : ':';
}
