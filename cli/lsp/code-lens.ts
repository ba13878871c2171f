// Whether a profile for containers permits more than the one that Docker applies by default.
import { LRUCache } from 'lru-cache';
import type { CodeLens } from 'vscode-languageserver/node';
import {
  comparePolicies,
  differenceLines,
  dockerDefault,
  firstLines,
  type Profile,
  wideningEffects,
} from '../../policy/index.ts';
import { comparisonSteps } from '../../sdk/policy-change.ts';
import type { PolicyOptions } from '../target-base.ts';
import { rangeOf } from './diagnostics.ts';
import { bodyName, type OpenFile } from './open-file.ts';

/** The command of the lens, which shows the differences. Its argument is the URI of the file. */
export const differencesCommand = 'aa-registry.differences';

/** The lens of a file; {@link resolvedLens} completes it once it is visible, since comparing takes a while. */
export function codeLenses(open: OpenFile): CodeLens[] {
  const profile = comparable(open);
  if (!profile) return [];
  return [{ range: rangeOf(open.document, profile.name), data: open.document.uri }];
}

/** The profile that is compared: the only one of the file, if it attaches to no program of the host. */
function comparable(open: OpenFile): Profile | undefined {
  if (bodyName(open) !== undefined) return undefined;
  const [profile, ...others] = open.tree.statements.filter((one) => one.kind === 'profile');
  const attaches = profile?.attachment !== undefined || /^[/@]/.test(profile?.name.value ?? '');
  return profile && others.length === 0 && !attaches ? profile : undefined;
}

/** A lens with what the comparison says. */
export function resolvedLens(open: OpenFile, lens: CodeLens): CodeLens {
  const { title } = comparison(open);
  return {
    ...lens,
    command: { title, command: differencesCommand, arguments: [open.document.uri] },
  };
}

/** The differences in lines of text. */
export function differences(open: OpenFile): string {
  const { title, lines, more } = comparison(open);
  const rest = more > 0 ? [`… and ${more} more`] : [];
  return [title, ...lines, ...rest].join('\n');
}

interface Comparison {
  title: string;
  lines: readonly string[];
  more: number;
}

/** Editors ask again after each change, and after undoing it. */
const maxKnown = 20;
const known = new WeakMap<PolicyOptions, LRUCache<string, Comparison>>();

function comparison(open: OpenFile): Comparison {
  const { shared, path = '', text } = open;
  const ofOptions = known.get(shared) ?? new LRUCache({ max: maxKnown });
  known.set(shared, ofOptions);
  const key = `${path}\0${text}`;
  const found = ofOptions.get(key) ?? compare(open);
  ofOptions.set(key, found);
  return found;
}

function compare({ text, options }: OpenFile): Comparison {
  const change = comparePolicies(dockerDefault, text, { ...options, steps: comparisonSteps });
  if (!change.known) {
    const whose = change.refused === 'to' ? 'The file' : 'docker-default';
    const lines = [`${whose} has an error: ${change.error}`];
    return { title: 'Not compared with docker-default', lines, more: 0 };
  }
  const all = differenceLines(change.comparison, change.unread, wideningEffects);
  const title =
    all.length === 0
      ? 'Permits no more than docker-default'
      : `Permits more than docker-default: ${all.length} difference${all.length === 1 ? '' : 's'}`;
  return { title, ...firstLines(all) };
}
