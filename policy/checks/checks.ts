// Every check of the language, in the order in which they run on a profile.
import type { Explanation } from '../raw-diagnostic.ts';
import { attachment } from './attachment.ts';
import { blockExec } from './block-exec.ts';
import { booleans } from './booleans.ts';
import { changeProfileConflict } from './change-profile-conflict.ts';
import type { Check } from './check.ts';
import { commentAfterValues } from './comment-after-values.ts';
import { conditionDiagnostics } from './conditional.ts';
import { execConflict } from './exec-conflict.ts';
import { includeDiagnostics } from './includes.ts';
import { networkBeforeIf } from './network-before-if.ts';
import { notMediatedDiagnostics } from './not-mediated.ts';
import { patterns } from './patterns.ts';
import { profileNames } from './profile-names.ts';
import { statementPosition } from './statement-position.ts';
import { targetDiagnostics } from './target.ts';
import { variables } from './variables.ts';

export const checks: readonly Check[] = [
  statementPosition,
  booleans,
  profileNames,
  variables,
  commentAfterValues,
  patterns,
  attachment,
  execConflict,
  changeProfileConflict,
  blockExec,
  networkBeforeIf,
];

/** What the checks report, by id: these, and what is found while the file is walked. */
export const checkDiagnostics: Readonly<Record<string, Explanation>> = {
  ...includeDiagnostics,
  ...conditionDiagnostics,
  ...Object.assign({}, ...checks.map((check) => check.diagnostics)),
  ...notMediatedDiagnostics,
  ...targetDiagnostics,
};
