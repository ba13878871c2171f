// Groups equal events into findings with counts.
import { hash } from 'node:crypto';
import { type Access, withoutMode } from '../../policy/index.ts';
import { fieldOf, type LogEvent, parseEvent } from './event.ts';
import { ruledBy } from './label.ts';
import { requestOf } from './request.ts';
import { contradictoryFields, doubledField, missingField } from './required.ts';

/** An event that the kernel logged once or more. */
export interface Finding {
  /** DENIED, ALLOWED, AUDIT, … */
  type: string;
  /** The profile as logged; `undefined` if the line has none. */
  profile: string | undefined;
  /** The namespace of the profile, unless it is the host's own. */
  namespace: string | undefined;
  operation: string | undefined;
  /** The request that a rule could allow. */
  access: Access | undefined;
  /** A field that the kernel always writes and this line lacks: no rule is made of it. */
  missing: string | undefined;
  /** A field with two values in the line: no rule is made of it either. */
  doubled: string | undefined;
  /** Fields that contradict each other, such as `capability and capname`: no rule is made of it either. */
  contradictory: string | undefined;
  /** The kernel's reason, if other than its rules. */
  info: string | undefined;
  count: number;
  /** In milliseconds since 1970. */
  first: number | undefined;
  last: number | undefined;
  /** The programs, by the names of their processes. */
  programs: string[];
  /** The line of the last of the events that the limit of characters allows: {@link eventOf} parses it. */
  line: string;
}

/** The last event of a finding. Parsed again on each call, since thousands of fields take more memory than their line. */
export function eventOf({ line }: Pick<Finding, 'line'>): LogEvent {
  const event = parseEvent(line);
  if (!event) throw new Error('the line of a finding is not an event');
  return event;
}

/**
 * The maximum number of findings of a log. A profile file has at most 10,000 statements, so not many more could become
 * rules of one profile.
 */
export const maxFindings = 8_000;

/** The maximum total length of the lines and programs of all findings, in characters. */
export const maxCharacters = 8 << 20;

/** The maximum number of programs of a finding. */
const maxPrograms = 20;

/** The minimum number of recent events remembered to recognise duplicates from another log. */
const remembered = 100_000;

/**
 * A number of 48 bits that identifies an event across logs: one call of a process may be logged several times with one number.
 * Ignores the fields in capitals that auditd adds.
 */
function identity({ time, serial, fields }: LogEvent): number {
  let logged = `${time} ${serial}`;
  // Neither a key nor a value contains a line feed.
  for (const { key, raw } of fields) if (!/^[A-Z]/.test(key)) logged += `\n${key}=${raw}`;
  return Number.parseInt(hash('sha256', logged, 'hex').slice(0, 12), 16);
}

/** Recognises events that are logged several times, such as in two logs. */
export class Repetitions {
  /** The most recent events, in two generations. */
  #seen = new Set<number>();
  #seenBefore = new Set<number>();

  /** Whether the same event was given before; never for one without a serial number. */
  has(event: LogEvent): boolean {
    if (event.serial === undefined) return false;
    const id = identity(event);
    if (this.#seen.has(id) || this.#seenBefore.has(id)) return true;
    this.#seen.add(id);
    // Replaced as a whole, since deleting the oldest entries of a large Set one by one is slow.
    if (this.#seen.size >= remembered) {
      this.#seenBefore = this.#seen;
      this.#seen = new Set();
    }
    return false;
  }
}

/** A copy of a text: a part of a string keeps the whole string in memory. */
function copyOf(text: string): string {
  const encoding = text.isWellFormed() ? 'utf8' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}

/** What an event is about, without its count. */
function described(event: LogEvent) {
  const operation = fieldOf(event, 'operation');
  const label = fieldOf(event, 'label');
  const ofBus = operation?.startsWith('dbus_') ?? false;
  const access = requestOf(event);
  return {
    type: event.type,
    profile: fieldOf(event, 'profile') ?? (label && ofBus ? withoutMode(label) : label),
    namespace: fieldOf(event, 'namespace'),
    operation,
    access,
    missing: access && missingField(event, access),
    doubled: doubledField(event),
    contradictory: access && contradictoryFields(event, access),
    info: fieldOf(event, 'info'),
  };
}

/** The characters that a finding keeps. */
function sizeOf({ line, programs }: Finding): number {
  return programs.reduce((sum, { length }) => sum + length, line.length);
}

/** Groups equal events of a profile; counts each event once. */
export class Findings {
  readonly #max: number;
  readonly #findings = new Map<string, Finding>();
  readonly #keep: 'first' | 'last';
  /** The total length of the lines of all findings. */
  #characters = 0;
  readonly #repetitions = new Repetitions();
  /** The number of events of findings beyond the limit. */
  leftOut = 0;

  /**
   * With more findings than the limit, keeps the first ones, or the most recent; one that was dropped counts from 1
   * again.
   */
  constructor({
    max = Number.POSITIVE_INFINITY,
    keep = 'first',
  }: {
    max?: number;
    keep?: 'first' | 'last';
  } = {}) {
    this.#max = max;
    this.#keep = keep;
  }

  /**
   * Adds an event and returns its finding; `undefined` if the same event was added before, from another log, or it is
   * over the limit.
   */
  add(event: LogEvent): Finding | undefined {
    if (this.#repetitions.has(event)) return undefined;
    const { type, operation, access, profile, namespace, info, ...flaws } = described(event);
    const { missing, doubled, contradictory } = flaws;
    const what = access ?? [operation, fieldOf(event, 'name')];
    // A digest, since a key may be longer than the line.
    const logged = JSON.stringify([
      type,
      namespace,
      profile,
      info,
      what,
      missing,
      doubled,
      contradictory,
    ]);
    const key = hash('sha256', logged, 'base64');
    const program = fieldOf(event, 'comm');
    const known = this.#findings.get(key);
    if (!known && this.#keep === 'first' && this.#isFull()) {
      this.leftOut++;
      return undefined;
    }
    if (!known) {
      const line = copyOf(event.line);
      const { time: first } = event;
      const added: Finding = {
        // Of the copy, so that nothing refers to the log's own text.
        ...described(eventOf({ line })),
        programs: program === undefined ? [] : [copyOf(program)],
        count: 1,
        first,
        last: first,
        line,
      };
      this.#findings.set(key, added);
      this.#characters += sizeOf(added);
      while (this.#keep === 'last' && this.#isOver()) this.#forgetOldest();
      return added;
    }
    if (this.#keep === 'last') {
      this.#findings.delete(key);
      this.#findings.set(key, known);
    }
    known.count++;
    if (event.time !== undefined) {
      known.first = Math.min(known.first ?? event.time, event.time);
      const isLast = event.time >= (known.last ?? 0);
      if (isLast && this.#grow(event.line.length - known.line.length)) {
        known.line = copyOf(event.line);
      }
      known.last = Math.max(known.last ?? event.time, event.time);
    }
    const { programs } = known;
    const isNew = program !== undefined && !programs.includes(program);
    if (isNew && programs.length < maxPrograms && this.#grow(program.length)) {
      programs.push(copyOf(program));
    }
    return known;
  }

  /** Counts more characters of a known finding; false if they exceed the maximum. */
  #grow(characters: number): boolean {
    if (characters > 0 && this.#characters + characters > maxCharacters) return false;
    this.#characters += characters;
    return true;
  }

  #isFull(): boolean {
    return this.#findings.size >= this.#max || this.#characters >= maxCharacters;
  }

  #isOver(): boolean {
    const { size } = this.#findings;
    return size > this.#max || (size > 1 && this.#characters > maxCharacters);
  }

  #forgetOldest(): void {
    for (const [key, finding] of this.#findings) {
      this.#findings.delete(key);
      this.#characters -= sizeOf(finding);
      return;
    }
  }

  /** All findings, by first appearance or, for the most recent, by last. */
  all(): Finding[] {
    return [...this.#findings.values()];
  }
}

/** Merges findings about one file: reading and writing it make one rule. */
export function merged(findings: readonly Finding[]): Finding[] {
  const found: Finding[] = [];
  const files = new Map<string, number>();
  for (const finding of findings) {
    const { access, missing, doubled, contradictory, namespace } = finding;
    const profile = finding.profile && ruledBy(finding.profile);
    const reason = finding.info ?? '';
    const key =
      access?.kind === 'file' &&
      missing === undefined &&
      doubled === undefined &&
      contradictory === undefined &&
      JSON.stringify([finding.type, namespace, profile, reason, access.path]);
    const at = key ? files.get(key) : undefined;
    const before = at === undefined ? undefined : found[at];
    if (access?.kind === 'file' && before?.access?.kind === 'file' && at !== undefined) {
      const permissions = [...new Set([...before.access.permissions, ...access.permissions])];
      // The rule may require only what they have in common.
      const owner = Boolean(before.access.owner && access.owner);
      found[at] = { ...before, access: { ...access, permissions, owner } };
    } else {
      if (key) files.set(key, found.length);
      found.push(finding);
    }
  }
  return found;
}
