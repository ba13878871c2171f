// Whether a rule applies to an access: the conditions of each kind of rule (apparmor.d(5)).
import { automaton, matches } from '../glob/automaton.ts';
import { noOption, optionName } from '../rules/mount.ts';
import { protocols } from '../rules/network.ts';
import type { Condition, KeywordRule, Permissions, RlimitRule, Word } from '../syntax/tree.ts';
import type { Access } from './access.ts';
import type { EffectiveProfile } from './effective-profile.ts';
import type { EffectiveRule } from './effective-rule.ts';
import { comparable } from './literal.ts';

/** Yes, no, or `undefined`: a pattern or condition whose meaning is not known here. */
type Answer = boolean | undefined;

/** Whether a rule allows or denies one part of an access (see {@link partsOf}). */
export function ruleApplies(
  profile: EffectiveProfile,
  effective: EffectiveRule,
  access: Access,
  part: string,
): Answer {
  const { rule, qualifiers } = effective;
  if (rule.kind === 'all') return true;
  const owner = qualifiers.owner?.value;
  if (owner !== undefined && (access.kind === 'file' || access.kind === 'link')) {
    if (access.owner === undefined) return undefined;
    if (access.owner !== (owner === 'owner')) return false;
  }
  const fits = (word: Word | undefined, text: string | undefined): Answer =>
    word === undefined || (text === undefined ? undefined : fitsPattern(profile, word.value, text));
  switch (access.kind) {
    case 'file':
      if (rule.kind === 'file-all') return true;
      return rule.kind === 'file' && permits(rule.permissions, part)
        ? fitsPath(profile, rule.path, access.path)
        : false;
    case 'link':
      if (rule.kind === 'file-all') return true;
      if (rule.kind === 'file' && !rule.permissions.link) return false;
      if (rule.kind !== 'file' && rule.kind !== 'link') return false;
      return both(
        fitsPath(profile, rule.path, access.path),
        rule.target === undefined || fitsPath(profile, rule.target, access.target),
      );
    case 'capability':
      if (rule.kind !== 'capability') return false;
      return rule.words.length === 0 || rule.words.some(({ value }) => value === access.name);
    case 'network':
      if (rule.kind === 'network') return fitsSocket(rule, access.family, access.type);
      // A kernel that knows nothing finer has unix rules as rules for that family and type.
      return rule.kind === 'unix' && access.family === 'unix'
        ? fits(value(rule.conditions, 'type'), access.type)
        : false;
    case 'unix':
      if (rule.kind === 'network') return fitsSocket(rule, 'unix', access.type);
      if (rule.kind !== 'unix' || !grants(rule, part)) return false;
      return both(
        fits(value(rule.conditions, 'type'), access.type),
        fits(value(rule.conditions, 'addr'), access.address ?? 'none'),
        fits(peerValue(rule, 'label'), access.peer),
        fits(peerValue(rule, 'addr'), access.peerAddress ?? 'none'),
      );
    case 'ptrace':
      if (rule.kind !== 'ptrace' || !grants(rule, part)) return false;
      return fitsLabel(profile, value(rule.conditions, 'peer'), access.peer);
    case 'signal':
      if (rule.kind !== 'signal' || !grants(rule, part)) return false;
      return both(
        fitsSignal(rule, access.signal),
        fitsLabel(profile, value(rule.conditions, 'peer'), access.peer),
      );
    case 'mount':
      return rule.kind === 'mount' && rule.keyword.value !== 'umount'
        ? fitsMount(profile, rule, access)
        : false;
    case 'umount': {
      if (rule.kind !== 'mount' || rule.keyword.value !== 'umount') return false;
      return fits(rule.target ?? rule.words[0], access.target);
    }
    case 'pivot_root':
      if (rule.kind !== 'pivot_root') return false;
      return both(
        fits(value(rule.conditions, 'oldroot'), access.oldRoot),
        fits(rule.words[0], access.newRoot),
      );
    case 'change_profile':
      if (rule.kind !== 'change_profile') return false;
      // Which program follows is not known before it is started.
      return both(
        rule.exec === undefined || rule.exec.value === '/**' || undefined,
        // The kernel looks a stacked profile up with an & before its name.
        fits(rule.target, access.stack ? `&${access.target}` : access.target),
      );
    case 'rlimit':
      return rule.kind === 'rlimit' && rule.name.value === access.name
        ? exceeds(rule, access.value)
        : false;
    case 'dbus':
      return rule.kind === 'dbus' ? fitsMessage(profile, rule, access) : false;
    case 'mqueue':
      if (rule.kind !== 'mqueue' || !grants(rule, part)) return false;
      return both(
        fits(value(rule.conditions, 'type'), access.type),
        fits(value(rule.conditions, 'label'), access.label),
        fits(rule.words[0], access.name),
      );
    case 'io_uring':
      if (rule.kind !== 'io_uring' || !grants(rule, part)) return false;
      return fits(value(rule.conditions, 'label'), access.label);
    case 'userns':
      return rule.kind === 'userns';
  }
}

/** Whether all hold: false if any is false, else undefined if any is unknown. */
function both(...answers: Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

/** Longer patterns are not compared. */
const maxPattern = 4000;

function fitsPattern(profile: EffectiveProfile, pattern: string, text: string): Answer {
  const expanded = profile.expand(pattern);
  if (expanded === undefined || expanded.length > maxPattern) return undefined;
  const one = automaton(expanded);
  return one && matches(one, comparable(text));
}

/** As a pattern for paths, in which `//` means `/`. */
function fitsPath(profile: EffectiveProfile, word: Word, path: string): Answer {
  const expanded = profile.expand(word.value);
  return expanded === undefined
    ? undefined
    : fitsPattern(profile, expanded.replace(/\/{2,}/g, '/'), path);
}

/** Of a stack of profiles, `a//&b`, each has to fit. */
function fitsLabel(
  profile: EffectiveProfile,
  word: Word | undefined,
  label: string | undefined,
): Answer {
  if (!word) return true;
  if (label === undefined) return undefined;
  return both(...label.split('//&').map((one) => fitsPattern(profile, word.value, one)));
}

function value(conditions: readonly Condition[], name: string): Word | undefined {
  return conditions.find((one) => one.name.value === name)?.values[0];
}

function peerValue(rule: KeywordRule, name: string): Word | undefined {
  const peer = rule.conditions.find((one) => one.name.value === 'peer');
  return value(peer?.conditions ?? [], name);
}

const byLetter: Readonly<Record<string, keyof Permissions>> = {
  r: 'read',
  w: 'write',
  a: 'append',
  l: 'link',
  k: 'lock',
  m: 'mmap',
  x: 'exec',
};

/** Writing includes appending, in a rule that allows it and in one that denies it. */
function permits(permissions: Permissions, letter: string): boolean {
  const name = byLetter[letter];
  if (name === undefined) return false;
  return Boolean(permissions[name]) || (letter === 'a' && permissions.write);
}

/** The short forms of access names, and the older ones. */
const meanings: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ptrace: { r: ['read'], w: ['trace'], write: ['trace'], rw: ['read', 'trace'] },
  mqueue: { r: ['read'], w: ['write'], rw: ['read', 'write'], wr: ['read', 'write'] },
  signal: messages(),
  unix: messages(),
  dbus: messages(),
};

function messages(): Record<string, readonly string[]> {
  const send = ['send'];
  const receive = ['receive'];
  return { w: send, write: send, r: receive, read: receive, rw: [...send, ...receive] };
}

/** Whether a rule with access names, or with none and so all of them, has this one. */
function grants(rule: KeywordRule, name: string): boolean {
  return (
    rule.access.length === 0 ||
    rule.access.some((word) => (meanings[rule.kind]?.[word.value] ?? [word.value]).includes(name))
  );
}

function fitsSocket(rule: KeywordRule, family: string, type: string): Answer {
  const types: Readonly<Record<string, string>> = { tcp: 'stream', udp: 'dgram', icmp: 'raw' };
  for (const { value: word } of rule.words) {
    const families = protocols[word];
    if (families && !families.includes(family)) return false;
    const known = types[word] ?? word;
    if (known !== family && known !== type) return false;
  }
  // Which operations, addresses and ports: newer kernels than the words here.
  return rule.access.length > 0 || rule.conditions.length > 0 ? undefined : true;
}

function fitsSignal(rule: KeywordRule, name: string): boolean {
  const sets = rule.conditions.filter((one) => one.name.value === 'set');
  return sets.length === 0 || sets.some((one) => one.values.some(({ value: set }) => set === name));
}

function fitsMount(
  profile: EffectiveProfile,
  rule: KeywordRule,
  access: Extract<Access, { kind: 'mount' }>,
): Answer {
  const bits = (names: readonly string[]) =>
    new Set(names.map(optionName).filter((name) => !noOption.has(name)));
  const asked = bits(access.flags);
  const remount = rule.keyword.value === 'remount';
  if (remount && !asked.has('remount')) return false;
  const options = rule.conditions.filter((one) => /^options?$/.test(one.name.value));
  const optionsFit = options.some((one) => {
    const named = bits(one.values.map((word) => word.value));
    if (remount) named.add('remount');
    const within = [...asked].every((name) => named.has(name));
    return within && (one.operator === 'in' || asked.size === named.size);
  });
  const source = rule.words.find((word) => word.value !== 'detached');
  // Without an arrow, a rule for what has no source may name the mount point alone; apparmor_parser 3.0 reads a source.
  const alone = source && !rule.target && !remount && access.source === undefined;
  const types = rule.conditions.filter((one) => /^v?fstype$/.test(one.name.value));
  const answers = (word: Word | undefined, text: string | undefined): Answer =>
    word === undefined || fitsPattern(profile, word.value, text ?? '');
  const fitsType = types
    .flatMap((one) => one.values)
    .map((word) => answers(word, access.fstype))
    .reduce<Answer>((one, two) => one || two || (one === undefined ? one : two), false);
  return both(
    options.length === 0 || optionsFit,
    types.length === 0 || fitsType,
    alone
      ? both(answers(source, access.target), undefined)
      : remount || answers(source, access.source),
    answers(remount ? (rule.target ?? source) : rule.target, access.target),
  );
}

function fitsMessage(
  profile: EffectiveProfile,
  rule: KeywordRule,
  access: Extract<Access, { kind: 'dbus' }>,
): Answer {
  const own = access.access === 'bind';
  if (rule.access.length > 0 && !grants(rule, access.access)) return false;
  // A rule about owning a name is none about messages, and the other way round.
  const about = (names: string[]) => rule.conditions.some((one) => names.includes(one.name.value));
  if (own ? about(['path', 'interface', 'member', 'peer']) : about(['name'])) return false;
  if (access.access === 'eavesdrop' && rule.access.length === 0) return false;
  const answers = (word: Word | undefined, text: string | undefined): Answer =>
    word === undefined || (text === undefined ? undefined : fitsPattern(profile, word.value, text));
  return both(
    answers(value(rule.conditions, 'bus'), access.bus),
    answers(value(rule.conditions, 'path'), access.path),
    answers(value(rule.conditions, 'interface'), access.interface),
    answers(value(rule.conditions, 'member'), access.member),
    own
      ? answers(value(rule.conditions, 'name'), access.name)
      : answers(peerValue(rule, 'name'), access.name),
    fitsLabel(profile, peerValue(rule, 'label'), access.peer),
  );
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  KB: 1024,
  M: 1024 ** 2,
  MB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1024 ** 3,
};

/** Whether a limit is in the way of a value. */
function exceeds(rule: RlimitRule, wanted: number | undefined): Answer {
  const [, digits, unit = ''] =
    /^(\d+)(\w*)$/.exec(rule.value.map((word) => word.value).join('')) ?? [];
  const factor = units[unit];
  // Niceness counts the other way.
  if (rule.name.value === 'nice') return undefined;
  if (digits === undefined || factor === undefined || wanted === undefined) return undefined;
  return wanted > Number(digits) * factor;
}
