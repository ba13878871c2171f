import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch } from '../../cli/cli.ts';
import { command } from '../../command.ts';

/** The typed text, its completions and what must not be completed. */
const cases: [typed: string, offered: string[], not: string[]][] = [
  ['aa-registry pu', ['pull', 'publish'], ['key', 'generate']],
  ['aa-registry key ', ['generate', 'rotate'], ['pull', 'init']],
  ['aa-registry pull --d', ['--dry-run', '--download-only'], ['--root']],
  ['aa-registry key add --', ['--label', '--registry'], ['--dry-run']],
  ['aa-registry rollback ', ['docker-nginx', 'acme/web.app'], ['library', 'keep']],
  ['aa-registry completion ', ['bash', 'zsh', 'fish'], ['docker-nginx']],
  ['aa-registry log watch --format ', ['text', 'json'], ['docker-nginx']],
  ['aa-registry lint ', ['some.file', 'some.folder'], ['docker-nginx']],
];

const shells = ['bash', 'zsh', 'fish'] as const;

function skipReason(shell: string): string {
  return spawnSync(shell, ['-c', 'exit'], { stdio: 'ignore' }).status === 0
    ? ''
    : ` (skipped: ${shell} is not installed)`;
}

/** Calls the completion function like bash. */
const askBash = (file: string, typed: string) => `
source ${file}
line=${JSON.stringify(typed)}
read -ra COMP_WORDS <<< "$line"
[[ $line == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_aa_registry
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** zsh completes only in its line editor, so another zsh types into a terminal. */
const askZsh = (file: string, typed: string) => `
zmodload zsh/zpty
zpty inner 'TERM=dumb zsh -f -i'
zpty -w inner "unset zle_bracketed_paste; unsetopt list_ambiguous; PS1='RE''ADY> ' LISTMAX=1000 COLUMNS=200; autoload -Uz compinit; compinit -u -D; source ${file}"
zpty -r inner before '*READY> *'
zpty -w -n inner ${JSON.stringify(typed)}$'\\t'
zpty -w -n inner $'\\C-u'
zpty -w inner $'print DO\\'\\'NE'
zpty -r inner after '*DONE*'
print -r -- $after
zpty -d inner
`;

const askFish = (file: string, typed: string) =>
  `source ${file}; complete -C ${JSON.stringify(typed)}`;

describe.each(shells)('completion in %s', (shell) => {
  const why = skipReason(shell);
  let folder: string;
  let clean: () => Promise<void>;
  let file: string;

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    const policy = join(folder, 'apparmor.d');
    await mkdir(policy);
    for (const name of [
      'aa-registry.library.docker-nginx',
      'aa-registry.acme.web.app',
      'keep',
      'aa-registry.acme.$(touch made)',
    ]) {
      await writeFile(join(policy, name), '');
    }
    await mkdir(join(folder, 'some.folder'));
    await writeFile(join(folder, 'some.file'), '');
    const { code, lines } = await command(['completion', shell]);
    expect(code).toBe(0);
    file = join(folder, 'completion');
    await writeFile(file, lines.join('\n').replaceAll('/etc/apparmor.d', policy));
  });
  afterAll(() => clean());

  test.skipIf(why !== '')(`is valid for the shell${why}`, () => {
    expect(execFileSync(shell, ['-n', file], { encoding: 'utf8' })).toBe('');
  });

  test.skipIf(why !== '').each(cases)(`%j completes to %j${why}`, (typed, offered, not) => {
    const ask = { bash: askBash, zsh: askZsh, fish: askFish }[shell](file, typed);
    const { stdout, stderr } = spawnSync(shell, ['-c', ask], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
      env: { PATH: process.env.PATH, HOME: folder, TERM: 'dumb' },
    });
    const words = stdout.slice(stdout.indexOf(typed) < 0 ? 0 : typed.length).split(/[\s\0]+/);
    const found = words.map((word) => word.replace(/\/$/, ''));
    expect(stderr).toBe('');
    for (const word of offered) expect(found, stdout).toContain(word);
    for (const word of not) expect(found, stdout).not.toContain(word);
    expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toContain('made');
  });
});

test('other shells are refused', async () => {
  const { code, output } = await command(['completion', 'tcsh']);
  expect(output).toContain('bash, zsh, fish');
  expect(code).toBe(2);
});
