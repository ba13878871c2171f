import type { Command } from './command.ts';
import { bundle } from './commands/bundle.ts';
import { channelSet } from './commands/channel-set.ts';
import { check } from './commands/check.ts';
import { complain } from './commands/complain.ts';
import { deprecate } from './commands/deprecate.ts';
import { enforce } from './commands/enforce.ts';
import { explain } from './commands/explain.ts';
import { fmt } from './commands/fmt.ts';
import { inspect } from './commands/inspect.ts';
import { keyAdd } from './commands/key-add.ts';
import { keyGenerate } from './commands/key-generate.ts';
import { keyList } from './commands/key-list.ts';
import { keyRevoke } from './commands/key-revoke.ts';
import { keyRotate } from './commands/key-rotate.ts';
import { lint } from './commands/lint.ts';
import { lock } from './commands/lock.ts';
import { logKey } from './commands/log-key.ts';
import { logVerify } from './commands/log-verify.ts';
import { logWatch } from './commands/log-watch.ts';
import { logWitness } from './commands/log-witness.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { memberAdd } from './commands/member-add.ts';
import { memberList } from './commands/member-list.ts';
import { memberRemove } from './commands/member-remove.ts';
import { publish } from './commands/publish.ts';
import { publisherAdd } from './commands/publisher-add.ts';
import { publisherList } from './commands/publisher-list.ts';
import { publisherRemove } from './commands/publisher-remove.ts';
import { pull } from './commands/pull.ts';
import { remove } from './commands/remove.ts';
import { rollback } from './commands/rollback.ts';
import { runArgs } from './commands/run-args.ts';
import { search } from './commands/search.ts';
import { show } from './commands/show.ts';
import { status } from './commands/status.ts';
import { sync } from './commands/sync.ts';
import { teamCreate } from './commands/team-create.ts';
import { teamQuota } from './commands/team-quota.ts';
import { tokenCreate } from './commands/token-create.ts';
import { tokenList } from './commands/token-list.ts';
import { tokenRevoke } from './commands/token-revoke.ts';
import { transfer } from './commands/transfer.ts';
import { trustInit } from './commands/trust-init.ts';
import { trustShow } from './commands/trust-show.ts';
import { userCreate } from './commands/user-create.ts';
import { userList } from './commands/user-list.ts';
import { verify } from './commands/verify.ts';
import { visibility } from './commands/visibility.ts';
import { webhookAdd } from './commands/webhook-add.ts';
import { webhookDeliveries } from './commands/webhook-deliveries.ts';
import { webhookList } from './commands/webhook-list.ts';
import { webhookRemove } from './commands/webhook-remove.ts';
import { webhookTest } from './commands/webhook-test.ts';
import { whoami } from './commands/whoami.ts';
import { yank } from './commands/yank.ts';

export {
  CliError,
  type Command,
  defineCommand,
  exit,
  type Options,
  type Values,
} from './command.ts';
export { type Io, processIo } from './io.ts';
export { run } from './run.ts';
export { checkRegistry } from './session.ts';
export { requireWholeNumber } from './whole-number.ts';

/** Every command that needs no server code, in the order that help shows. */
export const clientCommands: Command[] = [
  pull,
  sync,
  lock,
  status,
  inspect,
  runArgs,
  rollback,
  remove,
  enforce,
  complain,
  verify,
  search,
  show,
  lint,
  check,
  fmt,
  explain,
  publish,
  channelSet,
  yank,
  deprecate,
  visibility,
  transfer,
  bundle,
  login,
  logout,
  whoami,
  trustInit,
  trustShow,
  logVerify,
  logWatch,
  logWitness,
  logKey,
  keyGenerate,
  keyAdd,
  keyList,
  keyRotate,
  keyRevoke,
  teamCreate,
  teamQuota,
  tokenCreate,
  tokenList,
  tokenRevoke,
  memberAdd,
  memberList,
  memberRemove,
  publisherAdd,
  publisherList,
  publisherRemove,
  webhookAdd,
  webhookList,
  webhookTest,
  webhookDeliveries,
  webhookRemove,
  userCreate,
  userList,
];
