// Equal events as one finding, counted.
import type { Access } from '../../policy/index.ts';
import { fieldOf, type LogEvent } from './event.ts';
import { requestOf } from './request.ts';

/** What the kernel logged, once or many times. */
export interface Finding {
  /** DENIED, ALLOWED, AUDIT, … */
  type: string;
  /** The profile as logged; `undefined` when the line names none. */
  profile: string | undefined;
  /** The namespace of the profile, where it is not the host's own. */
  namespace: string | undefined;
  operation: string | undefined;
  /** What a rule could say about it. */
  access: Access | undefined;
  /** Why, where the kernel gives another reason than its rules. */
  info: string | undefined;
  count: number;
  /** In milliseconds since 1970. */
  first: number | undefined;
  last: number | undefined;
  /** The programs, by the names their processes have. */
  programs: string[];
  /** The last of the events. */
  event: LogEvent;
}

/** How many events are known again when another log has them too. */
const remembered = 100_000;

/**
 * What tells an event from every other, in whichever log it stands: one call of a process may be logged as several,
 * with one number. auditd adds fields of its own, in capitals.
 */
function identity({ time, serial, fields }: LogEvent): string {
  const logged = fields.filter(({ key }) => !/^[A-Z]/.test(key)).map(({ key, raw }) => [key, raw]);
  return JSON.stringify([time, serial, logged]);
}

/** Puts events together that say the same of the same profile; each event counts once. */
export class Findings {
  readonly #most: number;
  readonly #findings = new Map<string, Finding>();
  readonly #seen = new Set<string>();

  /** Of more than `most` findings those that came up last are known; one that was forgotten counts from 1 again. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** Adds an event and returns its finding; `undefined` when that very event was added before, from another log. */
  add(event: LogEvent): Finding | undefined {
    if (event.serial !== undefined) {
      const id = identity(event);
      if (this.#seen.has(id)) return undefined;
      this.#seen.add(id);
      forgetOldest(this.#seen, remembered);
    }
    const profile = fieldOf(event, 'profile') ?? fieldOf(event, 'label');
    const namespace = fieldOf(event, 'namespace');
    const operation = fieldOf(event, 'operation');
    const info = fieldOf(event, 'info');
    const access = requestOf(event);
    const what = access ?? [operation, fieldOf(event, 'name')];
    const key = JSON.stringify([event.type, namespace, profile, info, what]);
    const program = fieldOf(event, 'comm');
    const known = this.#findings.get(key);
    if (!known) {
      const { time: first } = event;
      const programs = program === undefined ? [] : [program];
      const finding = { type: event.type, profile, namespace, operation, access, info, programs };
      const added: Finding = { ...finding, count: 1, first, last: first, event };
      this.#findings.set(key, added);
      forgetOldest(this.#findings, this.#most);
      return added;
    }
    if (this.#most < Number.POSITIVE_INFINITY) {
      this.#findings.delete(key);
      this.#findings.set(key, known);
    }
    known.count++;
    if (event.time !== undefined) {
      known.first = Math.min(known.first ?? event.time, event.time);
      if (event.time >= (known.last ?? 0)) known.event = event;
      known.last = Math.max(known.last ?? event.time, event.time);
    }
    if (program !== undefined && !known.programs.includes(program) && known.programs.length < 20) {
      known.programs.push(program);
    }
    return known;
  }

  /** All of them, in the order in which they first appeared; of a limited number, last. */
  all(): Finding[] {
    return [...this.#findings.values()];
  }
}

function forgetOldest(known: Set<string> | Map<string, unknown>, most: number): void {
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}

/**
 * The profile whose rules are meant: for a program that a profile in complain mode started without a rule for it,
 * which the kernel gives the name `profile//null-/path`, the profile that started it.
 */
export function ruledBy(profile: string): string {
  const at = profile.indexOf('//null-');
  return at < 0 ? profile : profile.slice(0, at);
}

/** Findings about one file as one: reading and writing it make one rule. */
export function merged(findings: readonly Finding[]): Finding[] {
  const found: Finding[] = [];
  const files = new Map<string, number>();
  for (const finding of findings) {
    const { access } = finding;
    const profile = finding.profile && ruledBy(finding.profile);
    const reason = finding.info ?? '';
    const key =
      access?.kind === 'file' && JSON.stringify([finding.type, profile, reason, access.path]);
    const at = key ? files.get(key) : undefined;
    const before = at === undefined ? undefined : found[at];
    if (access?.kind === 'file' && before?.access?.kind === 'file' && at !== undefined) {
      const permissions = [...new Set([...before.access.permissions, ...access.permissions])];
      // Only what all of them were, the rule may ask for.
      const owner = Boolean(before.access.owner && access.owner);
      found[at] = { ...before, access: { ...access, permissions, owner } };
    } else {
      if (key) files.set(key, found.length);
      found.push(finding);
    }
  }
  return found;
}
