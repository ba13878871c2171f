import { describe, expect, test } from 'vitest';
import { model } from '../../../policy/index.ts';
import { adviseOn } from '../../../sdk/denials/advice.ts';
import { parseEvent } from '../../../sdk/denials/event.ts';
import { type Finding, Findings } from '../../../sdk/denials/finding.ts';
import { patch } from '../../../sdk/denials/patch.ts';
import type { Machine } from './machine.ts';

/** A command that a confined process attempts. */
export interface Scenario {
  name: string;
  /** The shell command, run confined; it exits with 0 if it succeeded. */
  run: string;
  /** The rules to add to the profile, one after another, until it succeeds. */
  rules: string[];
  /** The flags to add. */
  flags?: string[];
  /** Similar commands that must still be denied. */
  refused: string[];
  /** Run before each of them, unconfined. */
  before?: string;
  /** Run after each of them, unconfined. */
  after?: string;
  /** The initial rules of the profile. */
  has?: string;
}

/** Creates the profile of a scenario. */
export type ProfileOf = (name: string, rules: string) => string;

/** The outcome of a scenario. */
interface Outcome {
  /** The profile with the added rules. */
  text: string;
  rules: string[];
  flags: string[];
  /** The final results of the command and of those that must be denied. */
  tried: { code: number; events: number }[];
}

interface Attempt {
  code: number;
  findings: Finding[];
}

/** Runs scenarios in a machine's kernel, each confined by its own profile. */
export class Trials {
  /** All lines that AppArmor logged. */
  readonly lines: string[] = [];
  readonly #scenarios: Scenario[];
  readonly #header: string;
  readonly #outcomes: Map<string, Outcome>;

  /** `header` is the preamble of all profiles. */
  constructor(scenarios: Scenario[], header: string, profileOf: ProfileOf) {
    this.#scenarios = scenarios;
    this.#header = header;
    this.#outcomes = new Map(
      scenarios.map(({ name, has = '' }) => [
        name,
        { text: header + profileOf(name, has), rules: [], flags: [], tried: [] },
      ]),
    );
  }

  /** Works like a user: runs the commands, adds the suggested rules, runs them again. */
  async run(machine: Machine): Promise<void> {
    let failing = this.#scenarios;
    for (let round = 0; round < 4 && failing.length > 0; round++) {
      const tried = await this.#attempt(
        machine,
        failing.map((one) => ({ scenario: one, command: one.run })),
      );
      failing = failing.filter((scenario, index) => {
        const { code, findings } = tried[index] as Attempt;
        if (code === 0) return false;
        for (const finding of findings) this.#add(scenario, finding);
        return true;
      });
    }
    const near = this.#scenarios.flatMap((scenario) =>
      [scenario.run, ...scenario.refused].map((command) => ({ scenario, command })),
    );
    const tried = await this.#attempt(machine, near);
    for (const [index, { scenario }] of near.entries()) {
      const { code, findings } = tried[index] as Attempt;
      this.#of(scenario).tried.push({ code, events: findings.length });
    }
  }

  /** Tests for each scenario that the suggestion allows it, and that similar commands are still denied. */
  describe(): void {
    describe.each(this.#scenarios)('$name', (scenario) => {
      const { rules, refused, flags = [] } = scenario;
      test('is allowed by the suggestion', () => {
        expect(this.#of(scenario)).toMatchObject({ rules, flags });
        expect(this.#of(scenario).tried[0]).toMatchObject({ code: 0 });
      });
      test.each(refused.map((command, index) => ({ command, index })))(
        'still denies: $command',
        ({ index }) => {
          const outcome = this.#of(scenario).tried[index + 1];
          expect(outcome?.code).not.toBe(0);
          expect(outcome?.events).toBeGreaterThan(0);
        },
      );
    });
  }

  #of({ name }: Scenario): Outcome {
    const outcome = this.#outcomes.get(name);
    if (!outcome) throw new Error(`no scenario ${name}`);
    return outcome;
  }

  #add(scenario: Scenario, finding: Finding): void {
    const { name } = scenario;
    const outcome = this.#of(scenario);
    const [profile] = model(outcome.text, { presume: true }).profiles;
    const { flag, suggestion } = adviseOn(finding, profile);
    const additions = [
      ...(flag === undefined ? [] : [{ profile: name, flag }]),
      ...(suggestion ? [{ profile: name, rule: suggestion.rule }] : []),
    ];
    const patched = patch(outcome.text, additions);
    expect(patched.leftOut).toEqual([]);
    outcome.text = patched.text;
    if (flag !== undefined) outcome.flags.push(flag);
    if (suggestion) outcome.rules.push(suggestion.rule);
  }

  /** Runs commands, each confined by its scenario's current profile, and collects the kernel's log. */
  async #attempt(
    machine: Machine,
    commands: { scenario: Scenario; command: string }[],
  ): Promise<Attempt[]> {
    const used = [...new Set(commands.map(({ scenario }) => scenario))];
    const policy = used.map((one) => this.#of(one).text.slice(this.#header.length)).join('');
    const script = [
      `cat >/etc/apparmor.d/scenarios <<'END'\n${this.#header}${policy}END`,
      'apparmor_parser -r /etc/apparmor.d/scenarios || exit 1',
      ...commands.flatMap(({ scenario: { name, before = '', after = '' }, command }) => [
        `${before}\ndmesg -c >/dev/null`,
        `cat >/run/command <<'END'\n${command}\nEND`,
        `aa-exec -p ${name} -- sh -c "$(cat /run/command)" >/dev/null 2>&1; code=$?`,
        // The kernel logs with a delay but in order.
        '(echo -n exec sentinel >/proc/self/attr/exec) 2>/dev/null',
        'until dmesg | grep -q sentinel; do sleep 0.01; done',
        `echo "= $code"; dmesg\n${after}`,
      ]),
      'exit 0',
    ].join('\n');
    const { stdout, ...ended } = await machine.run(script);
    expect(ended, script).toMatchObject({ code: 0 });
    const [, ...parts] = stdout.split(/^= /m);
    expect(parts).toHaveLength(commands.length);
    return parts.map((part, index) => {
      const lines = part
        .split('\n')
        .slice(1)
        .filter((line) => line.includes('apparmor=') && !line.includes('sentinel'));
      this.lines.push(...lines);
      const findings = new Findings();
      for (const line of lines) {
        const event = parseEvent(line);
        expect(event, line).toBeDefined();
        if (event) findings.add(event);
      }
      const name = commands[index]?.scenario.name;
      const own = findings.all().filter((one) => one.type === 'DENIED' && one.profile === name);
      return { code: Number.parseInt(part, 10), findings: own };
    });
  }
}
