// Every lint rule, in the order of the documentation.

import type { LintRule } from './rule.ts';
import { abiMismatch } from './rules/abi-mismatch.ts';
import { abstractionContent } from './rules/abstraction-content.ts';
import { allRule } from './rules/all-rule.ts';
import { attachDisconnected } from './rules/attach-disconnected.ts';
import { bareCapability } from './rules/bare-capability.ts';
import { bareMount } from './rules/bare-mount.ts';
import { bareNetwork } from './rules/bare-network.ts';
import { barePtrace } from './rules/bare-ptrace.ts';
import { blockDropsRule } from './rules/block-drops-rule.ts';
import { changeProfileAnywhere } from './rules/change-profile-anywhere.ts';
import { complainMode } from './rules/complain-mode.ts';
import { containerAttachment } from './rules/container-attachment.ts';
import { coveredRule } from './rules/covered-rule.ts';
import { deniedDevice } from './rules/denied-device.ts';
import { globCaret } from './rules/glob-caret.ts';
import { globSlip } from './rules/glob-slip.ts';
import { hiddenAllow } from './rules/hidden-allow.ts';
import { includePath } from './rules/include-path.ts';
import { invisibleCharacter } from './rules/invisible-character.ts';
import { mixedScript } from './rules/mixed-script.ts';
import { noAbi } from './rules/no-abi.ts';
import { nothingRuns } from './rules/nothing-runs.ts';
import { oldInclude } from './rules/old-include.ts';
import { packageDependency } from './rules/package-dependency.ts';
import { packageName } from './rules/package-name.ts';
import { powerfulCapability } from './rules/powerful-capability.ts';
import { procPath } from './rules/proc-path.ts';
import { reservedName } from './rules/reserved-name.ts';
import { riskyAlias } from './rules/risky-alias.ts';
import { secret } from './rules/secret.ts';
import { sensitiveRead } from './rules/sensitive-read.ts';
import { sensitiveWrite } from './rules/sensitive-write.ts';
import { stackedPeer } from './rules/stacked-peer.ts';
import { unconfinedExec } from './rules/unconfined-exec.ts';
import { unconfinedMode } from './rules/unconfined-mode.ts';
import { unscrubbedExec } from './rules/unscrubbed-exec.ts';
import { usernsCreate } from './rules/userns-create.ts';
import { weakerThanDockerDefault } from './rules/weaker-than-docker-default.ts';
import { wideAttachment } from './rules/wide-attachment.ts';
import { writableExec } from './rules/writable-exec.ts';
import { writeEverything } from './rules/write-everything.ts';

export const lintRules: readonly LintRule[] = [
  packageName,
  abstractionContent,
  packageDependency,
  containerAttachment,
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
  riskyAlias,
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
  nothingRuns,
  deniedDevice,
  stackedPeer,
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
