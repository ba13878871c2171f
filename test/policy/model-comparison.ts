// Compares the model with the compiled tables: walks the product of a table of the model and the automaton that
// apparmor_parser compiled, so that all strings are compared.
import { Budget } from '../../policy/budget.ts';
import { deadState, type State } from '../../policy/glob/matcher.ts';
import { permissionTables } from '../../policy/model/classes/classes.ts';
import type { ProfileModel } from '../../policy/model/profile-model.ts';
import type { Compared, Grant } from '../../policy/model/table.ts';
import { capabilities } from '../../policy/rules/capability.ts';
import { bits, type CompiledAutomaton, type CompiledProfile } from './compiled-policy.ts';

/** The decisions of a state, in the same format for both. */
export type Verdict = Readonly<Record<string, string>>;

/** The number of compared decisions, or the first string on which they differ. */
export type Comparison =
  | { compared: number }
  | { string: string; model: Verdict; tables: Verdict }
  | 'unknown';

/**
 * Compares a table with an automaton from the states that a prefix leads to. The prefix alone is a request of the classes
 * that have nothing more to say.
 */
export function compareTables(
  table: Compared,
  automaton: CompiledAutomaton | undefined,
  prefix: readonly number[],
  model: (grants: readonly Grant[], string: string) => Verdict,
  tables: (state: number, string: string) => Verdict,
  isRequest = (string: string) => string.length > prefix.length,
  budget = new Budget(200_000_000),
): Comparison {
  const numbers = new Map<State, number>();
  const numberOf = (state: State) => {
    const number = numbers.get(state) ?? numbers.size;
    numbers.set(state, number);
    return number;
  };
  let state = table.matcher.start;
  let compiled = automaton?.start ?? 0;
  for (const byte of prefix) {
    const steps = table.matcher.steps(state, budget);
    if (!steps) return 'unknown';
    state = steps.find(({ low, high }) => low <= byte && byte <= high)?.to ?? deadState;
    compiled = automaton?.step(compiled, byte) ?? 0;
  }
  const seen = new Set<string>();
  let level = [{ state, compiled, string: String.fromCharCode(...prefix) }];
  let compared = 0;
  while (level.length > 0) {
    const next: typeof level = [];
    for (const at of level) {
      const expected = tables(at.compiled, at.string);
      const found = model(table.grants(at.state), at.string);
      compared += Object.keys(expected).length;
      if (isRequest(at.string) && JSON.stringify(found) !== JSON.stringify(expected))
        return { string: at.string, model: found, tables: expected };
      const steps = table.matcher.steps(at.state, budget);
      if (!steps) return 'unknown';
      for (let byte = 0, index = 0; byte < 256; byte++) {
        while (index < steps.length && (steps[index]?.high as number) < byte) index++;
        const step = steps[index];
        const to = step && step.low <= byte ? step.to : deadState;
        const other = automaton?.step(at.compiled, byte) ?? 0;
        if (to === deadState && other === 0) continue;
        const key = `${numberOf(to)} ${other} ${byte === 0 ? 0 : ''}`;
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ state: to, compiled: other, string: at.string + String.fromCharCode(byte) });
      }
    }
    level = next;
  }
  return { compared };
}

const letters = Object.keys(bits) as (keyof typeof bits)[];

/** Compares the file rules of a profile, whose last name is `name`. */
export function compareFiles(
  table: Compared,
  automaton: CompiledAutomaton | undefined,
  name: string,
): Comparison {
  return compareTables(
    table,
    automaton,
    [],
    (grants, string) => {
      const found: Record<string, string> = {};
      for (const side of ['owner', 'others']) {
        const of = (letter: string) =>
          grants[table.columns.indexOf(`${side} ${letter}`)] as Grant | undefined;
        // For a pair of a link and its target, the bit of locks stands for the subset test.
        const subset = side === 'owner' && string.includes('\0') && of('l')?.how === 'subset';
        for (const letter of letters) {
          const one = of(letter);
          const granted = one?.decision.granted === true;
          if (string.includes('\0') && isIrrelevant(letter, of('l')?.decision.granted === true))
            continue;
          found[`${side} ${letter}`] =
            (granted || (letter === 'k' && subset) ? 'yes' : 'no') +
            (one?.logging === '' ? '' : ` ${one?.logging}`);
        }
        found[`${side} exec`] =
          of('x')?.decision.granted === true && !string.includes('\0')
            ? inTables(of('x')?.how ?? '', name)
            : '';
      }
      return found;
    },
    (state, string) => {
      const found: Record<string, string> = {};
      for (const side of ['owner', 'others']) {
        const shift = side === 'owner' ? 0 : 14;
        const has = (mask: number | undefined, letter: keyof typeof bits) =>
          (((mask ?? 0) >>> shift) & bits[letter]) !== 0;
        for (const letter of letters) {
          const granted = has(automaton?.allow(state), letter);
          if (string.includes('\0') && isIrrelevant(letter, has(automaton?.allow(state), 'l')))
            continue;
          const logged = granted
            ? has(automaton?.audit(state), letter) && ' audit'
            : has(automaton?.quiet(state), letter) && ' quiet';
          found[`${side} ${letter}`] = (granted ? 'yes' : 'no') + (logged || '');
        }
        found[`${side} exec`] = string.includes('\0')
          ? ''
          : (automaton?.exec(state, side === 'owner') ?? '');
      }
      return found;
    },
  );
}

/**
 * Permissions without a meaning for a link and its target: that of locks is the subset test if there is a link, and
 * that to run a program is part of change_profile rules.
 */
function isIrrelevant(letter: keyof typeof bits, isLink: boolean): boolean {
  return letter === 'x' || (letter === 'k' && !isLink);
}

/** An exec transition in the format of the tables. In a child profile, apparmor_parser prefixes the target of a cx rule with its last name. */
export function inTables(transition: string, name: string): string {
  if (transition === '') return 'none';
  const [mode = '', target] = transition.split(' -> ');
  const kind = mode.toLowerCase();
  const named = kind.startsWith('c') ? 'child' : 'profile';
  const what =
    kind === 'ix'
      ? ''
      : kind === 'ux'
        ? 'unconfined'
        : target
          ? `-> ${kind.startsWith('c') ? `${name}//` : ''}${target}`
          : named;
  const more = [
    /^[puc]/.test(mode) && 'unsafe',
    kind.includes('i') && 'inherit',
    /^[pc]u/.test(kind) && 'or unconfined',
  ];
  return [what, ...more].filter(Boolean).join(' ');
}

const queueBits = {
  ...{ read: 4, write: 2, create: 0x10, delete: 0x20, open: 0x40 },
  ...{ setattr: 0x100 << 6, getattr: 0x200 << 6 },
};

/** The bit of each permission of the other classes in the tables, by class. */
const classBits = {
  signal: { send: 2, receive: 4 },
  ptrace: { read: 4, trace: 2, readby: 0x10, tracedby: 8 },
  dbus: { send: 2, receive: 4, bind: 0x40, eavesdrop: 0x20 },
  mount: { mount: 2, umount: 4, pivot_root: 1 },
  // map_perms in apparmor_parser's network.h.
  network: {
    ...{ send: 2, receive: 4, create: 0x10, shutdown: 0x20, connect: 0x40 },
    ...{ setattr: 0x100 << 6, getattr: 0x200 << 6 },
    ...{ accept: 0x100000 >> 4, bind: 0x200000 >> 4, listen: 0x400000 >> 4 },
    ...{ setopt: 0x1000000 >> 5, getopt: 0x2000000 >> 5 },
  },
  change_profile: { change_profile: 1 << 31, onexec: 1 << 30 },
  posix_mqueue: queueBits,
  sysv_mqueue: queueBits,
  io_uring: { sqpoll: 0x10, override_creds: 8 },
  userns: { create: 8 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * The strings of which the kernel asks for a permission, by their number of fields, where apparmor_parser also grants it for
 * others: sqpoll with a label, and with the rule `all` everything about mounts.
 */
const isRequested: Readonly<Record<string, (fields: number, string: string) => boolean>> = {
  sqpoll: (_fields, string) => string.length === 1,
  umount: (fields) => fields === 1,
  pivot_root: (fields) => fields === 2,
  mount: (fields) => fields >= 4,
};

type ComparedClass = keyof typeof classBits;

/** Classes of which a request may have no more than the prefix: user namespaces, and io_uring's own thread. */
const alone: readonly string[] = ['userns', 'io_uring'];

/** The classes that AppArmor 4.0 added. */
export const newerClasses: readonly ComparedClass[] = [
  'posix_mqueue',
  'sysv_mqueue',
  'io_uring',
  'userns',
];

/** The classes of AppArmor 3.0. */
export const comparedClasses = (Object.keys(classBits) as ComparedClass[]).filter(
  (one) => !newerClasses.includes(one),
);

/** Compares the rules of a class other than files. The tables do not contain the logging of change_profile. */
export function compareClass(
  of: ComparedClass,
  table: Compared,
  automaton: CompiledAutomaton | undefined,
): Comparison {
  const { prefix } = permissionTables[of];
  const permissionsOf = (string: string) => {
    const fields = string.split('\0').length;
    return Object.entries(classBits[of]).filter(
      ([name]) => isRequested[name]?.(fields, string) ?? true,
    );
  };
  // The permissions that the logging bits can represent.
  const logged = 0x1fc07f;
  return compareTables(
    table,
    automaton,
    prefix === undefined ? [] : [prefix],
    (grants, string) =>
      Object.fromEntries(
        permissionsOf(string).map(([name, mask]) => {
          const one = grants[table.columns.indexOf(name)] as Grant | undefined;
          const granted = one?.decision.granted === true ? 'yes' : 'no';
          return [name, mask & logged && one?.logging ? `${granted} ${one.logging}` : granted];
        }),
      ),
    (state, string) =>
      Object.fromEntries(
        permissionsOf(string).map(([name, mask]) => {
          const granted = ((automaton?.allow(state) ?? 0) & mask) !== 0;
          const log = granted
            ? (automaton?.audit(state) ?? 0) & mask && ' audit'
            : (automaton?.quiet(state) ?? 0) & mask && ' quiet';
          return [name, (granted ? 'yes' : 'no') + (log || '')];
        }),
      ),
    alone.includes(of) ? () => true : undefined,
  );
}

const verdict = (granted: boolean, logging: string) =>
  `${granted ? 'yes' : 'no'} ${logging}`.trim();

function compareCapabilities(profile: ProfileModel, tables: CompiledProfile): Comparison {
  const { allow, audit, quiet } = tables.capabilities;
  for (const [number, name] of capabilities.entries()) {
    const has = (mask: bigint) => (mask & (1n << BigInt(number))) !== 0n;
    const { decision, logging } = profile.capabilityGrant(name);
    const [used, refused] = [has(audit) ? 'audit' : '', has(quiet) ? 'quiet' : ''];
    const found = { [name]: verdict(decision.granted === true, logging) };
    const expected = { [name]: verdict(has(allow), has(allow) ? used : refused) };
    if (JSON.stringify(found) !== JSON.stringify(expected))
      return { string: name, model: found, tables: expected };
  }
  return { compared: capabilities.length };
}

/** Compares file rules, capabilities, and the rules of other classes. */
export function compareProfile(
  profile: ProfileModel,
  tables: CompiledProfile,
  classes = comparedClasses,
): [string, Comparison][] {
  const files = profile.table('file');
  const name = profile.name.split('//').at(-1) ?? '';
  return [
    ['file', typeof files === 'string' ? 'unknown' : compareFiles(files, tables.files, name)],
    ['capability', compareCapabilities(profile, tables)],
    ...classes.map((of): [string, Comparison] => {
      const table = profile.table(of);
      const automaton = of === 'change_profile' ? tables.files : tables.policy;
      return [of, typeof table === 'string' ? 'unknown' : compareClass(of, table, automaton)];
    }),
  ];
}
