// The first version of a profile, from what complain mode has logged.
import {
  check,
  effectiveProfiles,
  evaluate,
  format,
  hasHidden,
  type IncludeResolver,
  parse,
  quoted,
} from '../../policy/index.ts';
import { refusedOf } from './acceptable.ts';
import { adviseOn } from './advice.ts';
import { type Finding, merged } from './finding.ts';
import { coveredRules, patch } from './patch.ts';

/** The order in which kinds of rules stand, the most telling first. */
const order = [
  ...['capability', 'network', 'unix', 'dbus', 'signal', 'ptrace', 'mount', 'umount', 'remount'],
  ...['pivot_root', 'mqueue', 'io_uring', 'userns', 'change_profile', 'set'],
];

/** Whether a profile of this name can be drafted: one that a file can define, of characters that are seen. */
export function isDraftName(name: string): boolean {
  const { file, diagnostics } = parse(`profile ${quoted(name)} {\n}\n`);
  const [profile, ...others] = file.statements;
  const isOne = profile?.kind === 'profile' && profile.name.value === name && others.length === 0;
  return isOne && diagnostics.length === 0 && !hasHidden(name);
}

/**
 * A profile of this name (see {@link isDraftName}) that allows what its processes were seen to do and what the base abstraction allows, in
 * canonical form. `unsaid` are findings for which there is no rule.
 */
export function draftProfile(
  name: string,
  findings: readonly Finding[],
  { generalise = false, resolver }: { generalise?: boolean; resolver?: IncludeResolver } = {},
): { text: string; unsaid: Finding[] } {
  // A container's files come from another mount namespace, and runtimes start its profile by name.
  const flags = name.startsWith('/') ? '' : ' flags=(attach_disconnected, mediate_deleted)';
  let text = `abi <abi/3.0>,

include <tunables/global>

profile ${quoted(name)}${flags} {
  include <abstractions/base>
}
`;
  const unsaid: Finding[] = [];
  const rules = new Map<string, Finding[]>();
  for (const finding of merged(findings)) {
    const [profile] = effectiveProfiles(text, resolver);
    if (profile && finding.access && evaluate(profile, finding.access).outcome === 'allowed')
      continue;
    const { suggestion, flag } = adviseOn(finding, profile, { generalise });
    if (flag !== undefined) {
      text = patch(text, [{ profile: profile?.name ?? name, flag }], resolver).text;
    }
    if (suggestion) rules.set(suggestion.rule, [...(rules.get(suggestion.rule) ?? []), finding]);
    else unsaid.push(finding);
  }
  const before = errorsIn(text, resolver);
  const kept: string[] = [];
  const refused = refusedOf([...rules.keys()], (some) => {
    if (errorsIn(withRules(text, [...kept, ...some]), resolver) > before) return false;
    kept.push(...some);
    return true;
  });
  for (const rule of refused) unsaid.push(...(rules.get(rule) ?? []));
  const covered = coveredRules(withRules(text, kept), resolver);
  const needed = kept.filter((rule) => !covered.has(rule));
  return { text: format(withRules(text, needed)).text, unsaid };
}

function errorsIn(text: string, resolver: IncludeResolver | undefined): number {
  const { diagnostics } = check(text, resolver ? { resolver } : {});
  return diagnostics.filter(({ severity }) => severity === 'error').length;
}

/** A profile with rules before its end, those of a kind together. */
function withRules(text: string, rules: readonly string[]): string {
  const kind = (rule: string) => {
    const at = order.indexOf(rule.split(' ', 1)[0] ?? '');
    return at < 0 ? order.length : at;
  };
  const path = (rule: string) => rule.replace(/^(owner |link |")+/, '');
  const sorted = [...rules].sort(
    (a, b) => kind(a) - kind(b) || (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : 0),
  );
  let last: number | undefined;
  const lines = sorted.map((rule) => {
    const first = kind(rule) !== last;
    last = kind(rule);
    return `${first ? '\n' : ''}  ${rule}\n`;
  });
  return text.replace(/\}\n$/, () => `${lines.join('')}}\n`);
}
