// Output of findings from the kernel log.

import {
  type DecidingRule,
  describeDifference,
  evaluationReasons,
  unknownReasons,
} from '../policy/index.ts';
import type { Advice, Beyond } from '../sdk/denials/advice.ts';
import { fieldOf } from '../sdk/denials/event.ts';
import { eventOf, type Finding } from '../sdk/denials/finding.ts';
import type { ProfileOnHost } from '../sdk/host/profile-on-host.ts';
import { toJson } from './framework/format.ts';
import { wrap } from './terminal/wrap.ts';

/** The maximum width of text, for readability. */
const maxWidth = 100;

/** A finding with its advice. */
export interface AdvisedFinding {
  finding: Finding;
  advice: Advice;
  beyond: Beyond | undefined;
  onHost: ProfileOnHost | undefined;
  /** The number of hosts that reported it; of this host's own log without. */
  hosts?: number;
}

/** The profile: its reference if it was installed by this program, and its file. */
export function profileHeading(
  profile: string | undefined,
  onHost: ProfileOnHost | undefined,
): string {
  const shown = spelt(profile ?? 'no profile');
  if (profile === undefined || profile === 'unconfined') return shown;
  if (!onHost) return `${shown}  not defined by any file on this host`;
  const { installation, file } = onHost;
  const reference =
    installation && `${installation.team}/${installation.name}@${installation.version}`;
  return [shown, reference ?? 'not installed by aa-registry', spelt(file)].join('  ');
}

/**
 * A finding as lines of text: what happened, which rule decided, and a rule that would allow it. Notes in `shown`,
 * which were printed before for the same profile, are left out.
 */
export function findingLines(
  { finding, advice, beyond, onHost, hosts }: AdvisedFinding,
  shown: Set<string>,
  width: number,
): string[] {
  const { evaluation, suggestion, flag, noRule } = advice;
  const key = (text: string) => JSON.stringify([finding.profile, text]);
  const explanations = advice.explanations.filter(({ text }) => !shown.has(key(text)));
  for (const { text } of explanations) shown.add(key(text));
  return [
    `  ${finding.type} ${times(finding)}${onHosts(hosts)}${period(finding)}${programs(finding)}`,
    `    ${what(finding)}`,
    ...verdict(finding, advice, onHost).map((line) => `    ${spelt(line)}`),
    ...(flag === undefined ? [] : [`    The profile needs the flag ${flag}.`]),
    ...(suggestion
      ? [
          `    ${evaluation ? 'This would allow it' : 'A rule that allows it'}:`,
          `        ${suggestion.rule}`,
          ...[...suggestion.permits, ...beyondLines(beyond)].flatMap((line) =>
            wrap(`      ${spelt(line)}`, width, '        '),
          ),
        ]
      : []),
    ...(noRule === undefined ? [] : [`    No rule was written: ${spelt(noRule)}.`]),
    ...explanations.flatMap(({ text }) =>
      wrap(`    Note: ${spelt(text)}`, Math.min(width, maxWidth), '      '),
    ),
  ];
}

/** How often something happened, on how many hosts and which days (UTC), and what it was: one line. */
export function eventLine({ finding, hosts }: Pick<AdvisedFinding, 'finding' | 'hosts'>): string {
  const { first, last } = finding;
  const days = new Set([first, last].flatMap((one) => (one === undefined ? [] : [dayOf(one)])));
  return spelt(
    `${times(finding)}${onHosts(hosts)}, ${[...days].join(' to ')}: ${what(finding).trim()}`,
  );
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** A finding as one line of JSON. */
export function findingJson(advised: AdvisedFinding): string {
  return toJson(findingData(advised));
}

/** A finding as data for JSON. */
export function findingData({ finding, advice, beyond, onHost }: AdvisedFinding) {
  const { type, profile, namespace, operation, access, info, count, first, last } = finding;
  const { evaluation, suggestion, flag, explanations, noRule } = advice;
  const installation = onHost?.installation;
  const when = (time: number | undefined) =>
    time === undefined ? null : new Date(time).toISOString();
  return {
    type,
    profile: profile ?? null,
    namespace: namespace ?? null,
    operation: operation ?? null,
    info: info ?? null,
    count,
    first: when(first),
    last: when(last),
    programs: finding.programs,
    request: access ?? null,
    installed: installation
      ? {
          team: installation.team,
          name: installation.name,
          version: installation.version,
          digest: installation.digest,
        }
      : null,
    file: onHost?.file ?? null,
    outcome: evaluation?.outcome ?? null,
    reason: evaluation?.reason ?? null,
    rules: evaluation?.rules ?? [],
    unsure: evaluation?.unsure ?? false,
    flag: flag ?? null,
    suggestion: suggestion ? { ...suggestion, beyond: beyondData(beyond) } : null,
    notes:
      noRule === undefined
        ? explanations
        : [...explanations, { id: 'no-rule', text: `No rule was written: ${noRule}.` }],
    // All fields of the last event.
    line: finding.line,
    fields: Object.fromEntries(eventOf(finding).fields.map(({ key, value }) => [key, value])),
  };
}

/** The maximum number of differences that are shown of a rule. */
const maxBeyond = 5;

/** What a rule permits beyond the request, in the words of `diff`. */
function beyondTexts(beyond: Exclude<Beyond, string>): { texts: string[]; more: number } {
  const texts = beyond.slice(0, maxBeyond).map((one) => `${one.class}: ${describeDifference(one)}`);
  return { texts, more: beyond.length - texts.length };
}

/** What a rule permits beyond the request, as sentences. */
export function beyondLines(beyond: Beyond | undefined): string[] {
  if (beyond === undefined) return [];
  if (typeof beyond === 'string')
    return [`What else it permits is unknown: ${unknownReasons[beyond]}.`];
  if (beyond.length === 0) return ['It permits nothing else.'];
  const { texts, more } = beyondTexts(beyond);
  return [
    ...texts.map((text) => `It also permits ${text}`),
    ...(more > 0 ? [`"diff" shows ${more} more differences.`] : []),
  ];
}

/** The same for `--format json`; null without the profile's text. */
function beyondData(beyond: Beyond | undefined) {
  if (beyond === undefined) return null;
  if (typeof beyond === 'string') return { unknown: beyond, texts: [], more: 0 };
  return { unknown: null, ...beyondTexts(beyond) };
}

/** The maximum number of profiles in a list. */
const maxNamed = 20;

/** Names of profiles as a list for a message. */
export function listed(names: readonly string[]): string {
  const more = names.length - maxNamed;
  return `${names.slice(0, maxNamed).map(spelt).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Text of a log for use in one line: line ends, tabs and invalid bytes are escaped. */
export function spelt(text: string): string {
  return text.replace(/[\t\n\udc80-\udcff]/gu, (character) =>
    character === '\n' || character === '\t'
      ? `\\u{${character.charCodeAt(0).toString(16)}}`
      : `\\x${(character.charCodeAt(0) & 0xff).toString(16)}`,
  );
}

function times({ count }: Finding): string {
  return count === 1 ? 'once' : `${count} times`;
}

function onHosts(hosts: number | undefined): string {
  if (hosts === undefined) return '';
  return hosts === 1 ? ' on 1 host' : ` on ${hosts} hosts`;
}

function period({ first, last }: Finding): string {
  if (first === undefined || last === undefined) return '';
  const from = clock(first);
  const to = clock(last);
  return from === to ? `, ${from}` : `, ${from} to ${to}`;
}

/** In local time, like log lines. */
function clock(time: number): string {
  const date = new Date(time);
  const two = (number: number) => `${number}`.padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

function programs({ programs: all }: Finding): string {
  return all.length === 0 ? '' : `, by ${spelt(all.join(', '))}`;
}

/** The requested access, in the kernel's terms. */
function what({ line, operation, info }: Finding): string {
  const event = eventOf({ line });
  const shown = [
    ...['name', 'target', 'capname', 'family', 'sock_type', 'signal', 'fstype', 'srcname'],
    ...[
      'flags',
      'rlimit',
      'value',
      'bus',
      'path',
      'interface',
      'member',
      'method',
      'addr',
      'peer_addr',
    ],
  ].flatMap((key) => {
    const value = fieldOf(event, key);
    // dbus-daemon writes ? for an unknown value, dbus-broker (null) for a missing one.
    const known = value !== undefined && value !== '?' && value !== '(null)';
    return known ? [key === 'name' ? value : `${key}=${value}`] : [];
  });
  const mask = fieldOf(event, 'denied_mask') ?? fieldOf(event, 'requested_mask');
  const peer = fieldOf(event, 'peer');
  const words = [
    operation ?? 'event',
    ...shown,
    ...(mask === undefined ? [] : [`(${mask})`]),
    ...(peer === undefined ? [] : [`peer=${peer}`]),
    ...(info === undefined ? [] : [`: ${info}`]),
  ];
  return spelt(words.join(' ').replace(' : ', ': '));
}

/** The rule that decided. */
function verdict(
  finding: Finding,
  { evaluation }: Advice,
  onHost: ProfileOnHost | undefined,
): string[] {
  if (!evaluation) return [];
  const { outcome, rules, unsure, reason } = evaluation;
  const maybe = unsure ? ', as far as its rules and the record say' : '';
  if (outcome === 'unknown') {
    const why = reason === undefined ? '' : `: ${evaluationReasons[reason]}`;
    return [`It is unknown whether a rule allows it${why}.`];
  }
  if (outcome === 'unmatched') return [`No rule allows it${maybe}.`];
  if (outcome === 'denied' && finding.access?.kind === 'rlimit') {
    return rules.map((rule) => `The limit is set by ${place(rule, onHost)}`);
  }
  if (outcome === 'denied') {
    return [
      ...rules.map((rule) => `Denied by ${place(rule, onHost)}`),
      'A deny rule overrides any allow rule; to allow the access, change the deny rule.',
    ];
  }
  const audit = finding.type === 'AUDIT';
  const logged = rules.filter((rule) => rule.audit);
  const shown = audit && logged.length > 0 ? logged : rules;
  if (shown.length === 0) return [];
  const by = shown.map((rule) => place(rule, onHost)).join(' and ');
  return [`${audit ? 'Allowed by' : 'Now allowed by'} ${by}`];
}

function place({ text, line, file }: DecidingRule, onHost: ProfileOnHost | undefined): string {
  const where = file ?? onHost?.file ?? 'the profile';
  return `${where}:${line}: ${text}`;
}
