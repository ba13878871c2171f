// Every lint rule, in the order of the documentation.
import { abiMismatch } from './abi-mismatch.ts';
import { allRule } from './all-rule.ts';
import { attachDisconnected } from './attach-disconnected.ts';
import { bareCapability } from './bare-capability.ts';
import { bareMount } from './bare-mount.ts';
import { bareNetwork } from './bare-network.ts';
import { barePtrace } from './bare-ptrace.ts';
import { blockDropsRule } from './block-drops-rule.ts';
import { changeProfileAnywhere } from './change-profile-anywhere.ts';
import { complainMode } from './complain-mode.ts';
import { coveredRule } from './covered-rule.ts';
import { globCaret } from './glob-caret.ts';
import { globSlip } from './glob-slip.ts';
import { hiddenAllow } from './hidden-allow.ts';
import { includePath } from './include-path.ts';
import { invisibleCharacter } from './invisible-character.ts';
import { mixedScript } from './mixed-script.ts';
import { noAbi } from './no-abi.ts';
import { oldInclude } from './old-include.ts';
import { packageName } from './package-name.ts';
import { powerfulCapability } from './powerful-capability.ts';
import { procPath } from './proc-path.ts';
import { reservedName } from './reserved-name.ts';
import type { LintRule } from './rule.ts';
import { secret } from './secret.ts';
import { sensitiveRead } from './sensitive-read.ts';
import { sensitiveWrite } from './sensitive-write.ts';
import { unconfinedExec } from './unconfined-exec.ts';
import { unconfinedMode } from './unconfined-mode.ts';
import { unscrubbedExec } from './unscrubbed-exec.ts';
import { usernsCreate } from './userns-create.ts';
import { weakerThanDockerDefault } from './weaker-than-docker-default.ts';
import { wideAttachment } from './wide-attachment.ts';
import { writableExec } from './writable-exec.ts';
import { writeEverything } from './write-everything.ts';

export const lintRules: readonly LintRule[] = [
  packageName,
  abiMismatch,
  reservedName,
  secret,
  invisibleCharacter,
  mixedScript,
  includePath,
  weakerThanDockerDefault,
  writeEverything,
  sensitiveRead,
  sensitiveWrite,
  allRule,
  unconfinedExec,
  unscrubbedExec,
  writableExec,
  bareCapability,
  powerfulCapability,
  bareNetwork,
  bareMount,
  barePtrace,
  changeProfileAnywhere,
  usernsCreate,
  complainMode,
  unconfinedMode,
  wideAttachment,
  attachDisconnected,
  hiddenAllow,
  coveredRule,
  blockDropsRule,
  globCaret,
  globSlip,
  procPath,
  noAbi,
  oldInclude,
];
