import type { ApproveEvent } from './approve.ts';
import type { PullEvent } from './pull.ts';
import type { RemoveEvent } from './remove.ts';
import type { RollbackEvent } from './rollback.ts';
import type { StatusEvent } from './status.ts';
import type { SyncEvent } from './sync.ts';
import type { VerifyEvent } from './verify.ts';

/** The events of all calls: a handler of these can be any call's `onEvent`. */
export type SdkEvent =
  | ApproveEvent
  | PullEvent
  | RemoveEvent
  | RollbackEvent
  | StatusEvent
  | SyncEvent
  | VerifyEvent;
