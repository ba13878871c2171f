// Drafts a new profile from events logged in complain mode.
import {
  check,
  evaluate,
  format,
  hasHidden,
  type IncludeResolver,
  model,
  parse,
  quoted,
  type Release,
  ruleKeywords,
} from '../../policy/index.ts';
import { localInclude } from '../new-package.ts';
import { refusedOf } from './acceptable.ts';
import { adviseOn } from './advice.ts';
import { type Finding, merged } from './finding.ts';
import { hostProfilesOf } from './label.ts';
import { coveredLines, type UnsupportedFinding } from './patch.ts';

/** The maximum number of hats and children in a draft, as confined processes may choose their names. */
const maxChildren = 100;

/** The abis of AppArmor's releases, oldest first. */
export const abis = ['3.0', '4.0', '5.0'] as const;

/** Whether a draft may have this name: valid in a file, and of visible characters. */
export function isDraftName(name: string): boolean {
  const { file, diagnostics } = parse(`profile ${quoted(name)} {\n}\n`);
  const [profile, ...others] = file.statements;
  const isOne = profile?.kind === 'profile' && profile.name.value === name && others.length === 0;
  return isOne && diagnostics.length === 0 && !hasHidden(name);
}

export interface Draft {
  /** The text, in canonical form. */
  text: string;
  unsaid: UnsupportedFinding[];
  /** The abi that the rules need, and the AppArmor release that supports everything in the text. */
  abi: string;
  needs: Release;
  /** Its hats and children, as the kernel names them. */
  children: string[];
}

export interface DraftOptions {
  /** Whether rules hold for all process ids, numbers, random names, homes and container paths. */
  generalise?: boolean;
  resolver?: IncludeResolver;
  /** Whether it is for a package: its profile includes the rules of a host's administrator. */
  isPackage?: boolean;
}

/** A drafted profile, hat or child. */
interface Part {
  /** The name as the kernel shows it. */
  name: string;
  flags: Set<string>;
  isHat: boolean;
  children: Part[];
}

/** A rule of one of the profiles, and its finding. */
interface Wanted {
  profile: string;
  rule: string;
  findings: Finding[];
}

/**
 * Drafts a profile of this name (see {@link isDraftName}) that allows what its processes did and what the base
 * abstraction allows. Events of a hat or child go into a hat or child.
 */
export function draftProfile(
  name: string,
  findings: readonly Finding[],
  { generalise = false, resolver, isPackage = false }: DraftOptions = {},
): Draft {
  const parts = partsOf(name, findings);
  const [main] = parts.values();
  const unsaid: UnsupportedFinding[] = [];
  const wanted = new Map<string, Wanted>();
  const skeleton = drafted(main, [], '3.0').text;
  const { profiles: models } = model(skeleton, { resolver, presume: true });
  const profiles = new Map(models.map((one) => [one.name, one]));
  for (const finding of merged(findings)) {
    if (finding.namespace !== undefined) {
      unsaid.push({ ...finding, reason: 'the profile is of another namespace' });
      continue;
    }
    const names = owners(name, finding);
    for (const profile of names.length > 0 ? names : [name]) {
      const part = parts.get(profile);
      const effective = profiles.get(profile);
      if (!part || !effective) {
        unsaid.push({ ...finding, reason: `${profile} is not a valid name for a drafted profile` });
        continue;
      }
      if (finding.access && evaluate(effective, finding.access).outcome === 'allowed') continue;
      const { suggestion, flag, noRule, explanations } = adviseOn(finding, effective, {
        generalise,
      });
      if (flag !== undefined) part.flags.add(flag);
      if (suggestion) {
        const { rule } = suggestion;
        const key = JSON.stringify([profile, rule]);
        const known = wanted.get(key) ?? { profile, rule, findings: [] };
        known.findings.push(finding);
        wanted.set(key, known);
      } else {
        const reason = noRule ?? finding.info ?? explanations[0]?.text.replace(/\.$/, '');
        unsaid.push({ ...finding, reason: reason ?? 'the policy language cannot express it' });
      }
    }
  }
  const textOf = (some: readonly Wanted[], abi: string) => drafted(main, some, abi);
  // Added last: rules in a file of this machine must not count as rules of the draft.
  const local = isPackage ? name : undefined;
  const before = errorsIn(textOf([], '3.0').text, resolver);
  const accepted: Wanted[] = [];
  const refused = refusedOf([...wanted.values()], (some) => {
    if (errorsIn(textOf([...accepted, ...some], '3.0').text, resolver) > before) return false;
    accepted.push(...some);
    return true;
  });
  for (const one of refused) {
    const reason = `with "${one.rule}" the profile would not be valid`;
    unsaid.push(...one.findings.map((finding) => ({ ...finding, reason })));
  }
  const whole = textOf(accepted, '3.0');
  const covered = new Set(coveredLines(whole.text, resolver).map((line) => whole.lines[line - 1]));
  const needed = accepted.filter((one) => !covered.has(one));
  const abi = abis.find((one) => !isWithoutEffect(textOf(needed, one).text)) ?? '5.0';
  const { text } = format(drafted(main, needed, abi, local).text);
  const { needs } = check(text, resolver ? { resolver } : {});
  return { text, unsaid, abi, needs, children: [...parts.keys()].slice(1) };
}

/** The profiles of a label that are this one, or a hat or child of it. */
function owners(name: string, finding: Finding): string[] {
  return hostProfilesOf(finding).filter((one) => one === name || one.startsWith(`${name}//`));
}

/** The profile, and the hats and children of the findings, each after its parent. */
function partsOf(name: string, findings: readonly Finding[]): Map<string, Part> {
  const parts = new Map<string, Part>();
  const add = (profile: string, own: string): Part => {
    // A container's files are in another mount namespace, and runtimes start its profile by name.
    const flags = name.startsWith('/') ? [] : ['attach_disconnected', 'mediate_deleted'];
    const part: Part = { name: own, flags: new Set(flags), isHat: false, children: [] };
    parts.set(profile, part);
    return part;
  };
  add(name, name);
  for (const finding of findings) {
    for (const owner of owners(name, finding)) {
      let parent = name;
      for (const own of owner.slice(name.length).split('//').slice(1)) {
        const profile = `${parent}//${own}`;
        if (!parts.has(profile)) {
          if (parts.size > maxChildren || !isDraftName(own)) break;
          const above = parts.get(parent);
          above?.children.push(add(profile, own));
        }
        parent = profile;
      }
      // Only a process in a hat may change back, or to another hat.
      const part = owner === name ? undefined : parts.get(owner);
      if (part && /^change_hat/.test(finding.operation ?? '')) part.isHat = true;
    }
  }
  return parts;
}

function errorsIn(text: string, resolver: IncludeResolver | undefined): number {
  const { diagnostics } = check(text, resolver ? { resolver } : {});
  return diagnostics.filter(({ severity }) => severity === 'error').length;
}

/** Whether the abi of a text lacks some of its rules. */
function isWithoutEffect(text: string): boolean {
  return check(text).diagnostics.some(({ id }) => id === 'not-mediated');
}

/** The text of a draft, with an include of the administrator's rules in `local`, and the rule on each of its lines. */
function drafted(
  main: Part | undefined,
  rules: readonly Wanted[],
  abi: string,
  local?: string,
): { text: string; lines: (Wanted | undefined)[] } {
  const head = `abi <abi/${abi}>,\n\ninclude <tunables/global>\n\n`;
  const found = head
    .split('\n')
    .slice(0, -1)
    .map((text) => ({ text, wanted: undefined as Wanted | undefined }));
  const ofProfile = Map.groupBy(rules, ({ profile }) => profile);
  const write = (text: string, wanted?: Wanted) => found.push({ text, wanted });
  const add = (part: Part, name: string, indent: string) => {
    const flags = part.flags.size > 0 ? ` flags=(${[...part.flags].join(', ')})` : '';
    const own = part.isHat ? `^${quoted(part.name)}` : `profile ${quoted(part.name)}`;
    write(`${indent}${own}${flags} {`);
    write(`${indent}  include <abstractions/base>`);
    let last: number | undefined;
    for (const one of sorted(ofProfile.get(name) ?? [])) {
      if (kindOf(one) !== last) write('');
      last = kindOf(one);
      write(`${indent}  ${one.rule}`, one);
    }
    for (const child of part.children) {
      write('');
      add(child, `${name}//${child.name}`, `${indent}  `);
    }
    if (local !== undefined && part === main) {
      for (const line of localInclude(local)) write(line);
    }
    write(`${indent}}`);
  };
  if (main) add(main, main.name, '');
  return {
    text: `${found.map(({ text }) => text).join('\n')}\n`,
    lines: found.map(({ wanted }) => wanted),
  };
}

function kindOf({ rule }: Wanted): number {
  const at = ruleKeywords.indexOf(rule.split(' ', 1)[0] ?? '');
  return at < 0 ? ruleKeywords.length : at;
}

/** Groups items of a kind. */
function sorted(rules: readonly Wanted[]): Wanted[] {
  const keyed = rules.map((one) => {
    const path = one.rule.replace(/^(owner |link |")+/, '');
    return { one, kind: kindOf(one), path };
  });
  keyed.sort((a, b) => a.kind - b.kind || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return keyed.map(({ one }) => one);
}
