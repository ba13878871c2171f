// Collects what a profile permits into lines, one for each topic.

import { type DecidingRule, describeRule } from '../deciding-rule.ts';
import type { EffectiveRule } from '../effective-rule.ts';
import { type SummarySeverity, type TopicId, topics } from './topics.ts';

/** A string that the profile permits something on, in words. */
export interface SummaryExample {
  /** A path, a capability, a label and so on. */
  text: string;
  /** What is permitted, such as `owner r` or `send`. */
  permissions: readonly string[];
  /** The exec transition; empty for other permissions. */
  how: string;
  /** What follows from it; undefined where that is plain. */
  note: string | undefined;
  /** The rules that permit it and that no earlier example of the line names for the same permissions. */
  rules: readonly DecidingRule[];
}

/** What a profile permits about one topic. Each rule that permits some of it has an example. */
export interface SummaryLine {
  topic: TopicId;
  severity: SummarySeverity;
  /** A sentence without a subject and without a full stop. */
  text: string;
  examples: readonly SummaryExample[];
}

/** One permission on a string. */
export interface Permitted {
  topic: TopicId;
  permission: string;
  /** The exec transition. */
  how?: string;
  note?: string | undefined;
  rules: readonly EffectiveRule[];
}

export class Lines {
  readonly #found = new Map<TopicId, SummaryExample[]>();
  /** The rules that were named, by topic, permission and transition; `undefined`: apparmor_parser adds it. */
  readonly #named = new Map<string, Set<EffectiveRule | undefined>>();

  /**
   * Adds what is permitted on one string, unless examples name each of its rules already.
   *
   * @param describe the string in words; called only for an example
   */
  add(permitted: readonly Permitted[], describe: (topic: TopicId) => string): void {
    if (!permitted.some((one) => this.#isNew(one))) return;
    const groups = Map.groupBy(permitted, ({ topic, note = '' }) => `${topic} ${note}`);
    for (const group of groups.values()) {
      if (!group.some((one) => this.#isNew(one))) continue;
      const [{ topic, note }] = group as [Permitted];
      const transitions = new Set(group.flatMap(({ how }) => how || []));
      const [first = ''] = transitions;
      for (const how of transitions.add(first)) {
        const fresh = new Set<EffectiveRule>();
        // A program that may be mapped too is one example.
        const these = group.filter((one) => (one.how || first) === how);
        for (const one of these) for (const rule of this.#name(one)) fresh.add(rule);
        const examples = this.#found.get(topic) ?? [];
        this.#found.set(topic, examples);
        examples.push({
          ...{ text: describe(topic), permissions: these.map(({ permission }) => permission) },
          ...{ how, note, rules: [...fresh].map(describeRule) },
        });
      }
    }
  }

  #isNew(one: Permitted): boolean {
    const named = this.#named.get(keyOf(one));
    return !named || rulesOf(one).some((rule) => !named.has(rule));
  }

  /** The rules that were not named before. */
  #name(one: Permitted): EffectiveRule[] {
    const key = keyOf(one);
    const named = this.#named.get(key) ?? new Set();
    this.#named.set(key, named);
    const fresh: EffectiveRule[] = [];
    for (const rule of rulesOf(one)) {
      if (rule && !named.has(rule)) fresh.push(rule);
      named.add(rule);
    }
    return fresh;
  }

  /** The lines, the most dangerous first. */
  get all(): SummaryLine[] {
    return (Object.keys(topics) as TopicId[]).flatMap((topic) => {
      const examples = this.#found.get(topic);
      return examples ? [{ topic, ...topics[topic], examples }] : [];
    });
  }
}

const keyOf = ({ topic, permission, how = '' }: Permitted) => `${topic} ${permission} ${how}`;

/** In place of the rules of what apparmor_parser adds. */
const noRule: readonly undefined[] = [undefined];
const rulesOf = ({ rules }: Permitted): readonly (EffectiveRule | undefined)[] =>
  rules.length > 0 ? rules : noRule;
