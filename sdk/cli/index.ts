import type { Command } from './command.ts';
import { bundle } from './commands/bundle.ts';
import { channelSet } from './commands/channel-set.ts';
import { check } from './commands/check.ts';
import { complain } from './commands/complain.ts';
import { enforce } from './commands/enforce.ts';
import { explain } from './commands/explain.ts';
import { fmt } from './commands/fmt.ts';
import { keyAdd } from './commands/key-add.ts';
import { keyGenerate } from './commands/key-generate.ts';
import { keyList } from './commands/key-list.ts';
import { keyRevoke } from './commands/key-revoke.ts';
import { keyRotate } from './commands/key-rotate.ts';
import { lint } from './commands/lint.ts';
import { logKey } from './commands/log-key.ts';
import { logVerify } from './commands/log-verify.ts';
import { logWatch } from './commands/log-watch.ts';
import { logWitness } from './commands/log-witness.ts';
import { login } from './commands/login.ts';
import { publish } from './commands/publish.ts';
import { pull } from './commands/pull.ts';
import { remove } from './commands/remove.ts';
import { rollback } from './commands/rollback.ts';
import { search } from './commands/search.ts';
import { show } from './commands/show.ts';
import { teamCreate } from './commands/team-create.ts';
import { teamQuota } from './commands/team-quota.ts';
import { tokenCreate } from './commands/token-create.ts';
import { trustInit } from './commands/trust-init.ts';
import { trustShow } from './commands/trust-show.ts';
import { verify } from './commands/verify.ts';
import { webhookAdd } from './commands/webhook-add.ts';
import { webhookDeliveries } from './commands/webhook-deliveries.ts';
import { webhookList } from './commands/webhook-list.ts';
import { webhookRemove } from './commands/webhook-remove.ts';
import { webhookTest } from './commands/webhook-test.ts';
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
  bundle,
  login,
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
  webhookAdd,
  webhookList,
  webhookTest,
  webhookDeliveries,
  webhookRemove,
];
