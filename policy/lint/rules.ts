// Every lint rule, in the order of the documentation.
import { includePath } from './include-path.ts';
import { packageName } from './package-name.ts';
import type { LintRule } from './rule.ts';

export const lintRules: readonly LintRule[] = [packageName, includePath];
