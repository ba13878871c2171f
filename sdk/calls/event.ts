import type { PullEvent } from './pull.ts';
import type { RemoveEvent } from './remove.ts';
import type { RollbackEvent } from './rollback.ts';
import type { StatusEvent } from './status.ts';
import type { SyncEvent } from './sync.ts';
import type { VerifyEvent } from './verify.ts';

/** What may happen in any call: a function that takes it can be every call's `onEvent`. */
export type SdkEvent =
  | PullEvent
  | RemoveEvent
  | RollbackEvent
  | StatusEvent
  | SyncEvent
  | VerifyEvent;
