import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { topics } from '../../cli/commands.ts';
import { exitMeanings } from '../../cli/framework/command.ts';
import { command } from '../command.ts';

const dist = join(import.meta.dirname, '../../dist');
const commands = topics.flatMap((topic) => Object.entries(topic.commands));

/** The files of dist/ that every command loads. */
function loadedAtStart(file = 'main.js', found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const code = readFileSync(join(dist, file), 'utf8');
  for (const [, name = ''] of code.matchAll(/^(?:import|\} from) "\.\/(?:chunks\/)?([^"]+)";$/gm)) {
    loadedAtStart(`chunks/${name}`, found);
  }
  return found;
}

describe('help', () => {
  test('lists every command once, under its topic', async () => {
    const { code, lines } = await command(['--help']);
    expect(code).toBe(0);
    const [text = ''] = lines;
    for (const { title } of topics) expect(text).toContain(`\n${title}:\n`);
    for (const [name] of commands) {
      expect(text.match(new RegExp(`^  ${name}  `, 'gm')), name).toHaveLength(1);
    }
    expect(text.split('\n').filter((line) => line.length > 105)).toEqual([]);
  });

  test.each(commands)('of %s has its usage, its options and examples', async (name, load) => {
    const loaded = await load();
    expect(loaded.name).toBe(name);
    const [text = ''] = (await command([...name.split(' '), '--help'])).lines;
    expect(text).toContain(`Usage: aa-registry ${name}`);
    expect(loaded.examples.join('\n')).toContain(`aa-registry ${name}`);
    for (const example of loaded.examples) expect(text).toContain(`  ${example}`);
    expect(loaded.summary).not.toMatch(/\.$/);
    // It is wrapped when it is shown.
    expect(loaded.details ?? '').not.toContain('\n');
    for (const option of Object.keys(loaded.options)) expect(text).toContain(`--${option}`);
  });

  test.each([
    [['key', '--help'], 'key rotate'],
    [['help', 'key'], 'key rotate'],
    [['help', 'exit-codes'], '6  The host has drifted'],
    [['help', 'log', 'key'], 'Usage: aa-registry log key'],
    [['help'], 'Hosts:'],
  ])('%j shows %s', async (args, text) => {
    const { code, output } = await command(args);
    expect(output).toContain(text);
    expect(code).toBe(0);
  });

  test.each([
    [['pul'], 'Did you mean "pull"?'],
    [['install', 'nginx'], 'Did you mean "pull"?'],
    [['admin', 'backup'], '"admin backup" requires FILE.'],
    [['key', 'ad'], 'Did you mean "key add"?'],
    [['kye', 'add'], 'Did you mean "key add"?'],
    [['pull', '--regsitry', 'x'], 'Did you mean "--registry"?'],
    [['pull', '--dry', 'x'], 'Did you mean "--dry-run"?'],
    [['complet'], 'Did you mean "completion"?'],
    [['pull', '--nonsense'], 'Unknown option "--nonsense".'],
    [['log'], '"log" requires a subcommand'],
    [['--verbose'], 'options follow the command'],
    [['constructor'], '"constructor" is not a command.'],
    [['help', 'nosuch'], '"nosuch" is not a command.'],
  ])('%j is a usage error with %s', async (args, text) => {
    const { code, output } = await command(args);
    expect(output).toContain(text);
    expect(code).toBe(2);
  });
});

test('the documented exit codes are those of help', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
  const documented = [...page.matchAll(/^\| (\d) +\| (.*?) +\|$/gm)].map(([, code, text]) => [
    code,
    text,
  ]);
  expect(documented).toEqual(Object.entries(exitMeanings));
});

test('start-up loads little: each command is loaded when it runs', () => {
  const bytes = [...loadedAtStart()].map((file) => readFileSync(join(dist, file)).length);
  expect(bytes.length).toBeGreaterThan(1);
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(64 * 1024);
});
