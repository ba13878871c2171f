/**
 * The client library of aa-registry: installs profiles on a host, keeps them in their wanted state, and queries a
 * registry. Anything not exported here is internal and may change without notice.
 */

export type { Diagnostic } from '../policy/index.ts';
export {
  type Digest,
  formatReference,
  type Manifest,
  type PublicKey,
  parseReference,
  type Reference,
} from '../trust/index.ts';
export {
  type Approval,
  type ApproveEvent,
  type ApproveOptions,
  type ApproveRefusal,
  approve,
  type Proposal,
} from './calls/approve.ts';
export type { Connect, HostEvent, HostOptions } from './calls/context.ts';
export type { SdkEvent } from './calls/event.ts';
export { type Linted, type LintOptions, lint } from './calls/lint.ts';
export {
  type PullEvent,
  type Pulled,
  type PullOptions,
  type PullRefusal,
  type PullReport,
  pull,
  pullAll,
} from './calls/pull.ts';
export {
  type RemoveEvent,
  type RemoveOptions,
  type RemoveRefusal,
  remove,
  removeAll,
} from './calls/remove.ts';
export {
  type RollbackEvent,
  type RollbackOptions,
  type RollbackRefusal,
  type RolledBack,
  rollback,
} from './calls/rollback.ts';
export {
  type Status,
  type StatusEvent,
  type StatusOptions,
  type StatusRefusal,
  status,
} from './calls/status.ts';
export {
  type SyncEvent,
  type Synced,
  type SyncOptions,
  type SyncRefusal,
  sync,
} from './calls/sync.ts';
export {
  type VerifyEvent,
  type VerifyOptions,
  type VerifyRefusal,
  verify,
  verifyAll,
} from './calls/verify.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  RegistryError,
  UnreachableError,
} from './client.ts';
export { type ErrorCode, SdkError } from './error.ts';
export type { Installation } from './host/installation.ts';
export type { PolicyChange } from './policy-change.ts';
export type { Refusal } from './refusal.ts';
export type { VerifiedProfile } from './resolve/index.ts';
export type { Step } from './sync-plan.ts';
export type { SyncOutcome } from './sync-report.ts';
export { type HostTrust, readHostTrust, readTrust, trustPath } from './trust-file.ts';
