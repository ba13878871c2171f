import type { Explanation } from '../raw-diagnostic.ts';
import { abis } from '../rules/kind.ts';
import { kindOf } from '../rules/kinds.ts';
import { isRule, type PolicyFile, type Rule, type Statement } from '../syntax/tree.ts';
import { branches } from './summary.ts';
import type { Unit } from './unit.ts';

export const notMediatedDiagnostics = {
  'not-mediated': {
    title: 'Rule without effect under this abi',
    severity: 'warning',
    text: 'The abi file lists the features that the kernel mediates for the profile. A rule of a kind that it does not list is accepted but has no effect: the kernel mediates nothing of that kind, so the profile neither allows nor denies it.',
    example: 'abi <abi/3.0>,\nprofile demo {\n  userns create,\n}\n',
    corrected: 'abi <abi/4.0>,\nprofile demo {\n  userns create,\n}\n',
  },
} as const satisfies Record<string, Explanation>;

/** Reports the rules of a file that its abi leaves without effect. */
export function checkMediation({ file, diagnostics }: Unit): void {
  for (const { rule, abi, since } of withoutEffect(file)) {
    diagnostics.push({
      id: 'not-mediated',
      start: rule.start,
      end: rule.end,
      message: `${abi} does not mediate ${rule.kind}, so this rule has no effect.`,
      expected: `abi <abi/${since}>, or later`,
    });
  }
}

/** Rules that the abi a file asks for does not know: accepted, and then without effect. */
function withoutEffect(file: PolicyFile): { rule: Rule; abi: string; since: string }[] {
  const named = file.statements.find((one) => one.kind === 'abi');
  const name = named?.path.startsWith('abi/') ? named.path.slice(4) : undefined;
  const at = (abis as readonly (string | undefined)[]).indexOf(name);
  if (at < 0) return [];
  const later: readonly string[] = abis.slice(at + 1);
  const found: { rule: Rule; abi: string; since: string }[] = [];
  const visit = (statements: readonly Statement[]): void => {
    for (const one of statements) {
      if (one.kind === 'profile' || one.kind === 'block') visit(one.body);
      else if (one.kind === 'conditional') for (const branch of branches(one)) visit(branch);
      else if (isRule(one)) {
        const since = kindOf(one).abi;
        if (since && later.includes(since)) found.push({ rule: one, abi: `abi/${name}`, since });
      }
    }
  };
  visit(file.statements);
  return found;
}
