/**
 * From a reference to a verified profile: what the registry says it means (reference.ts), what proves that (evidence.ts),
 * whether the host accepts it (verify.ts), all of that for one or several (fetch.ts), and what the registry has to say of
 * versions that are installed (updates.ts).
 */
export { fetchEvidence } from './evidence.ts';
export { fetchAllVerified, fetchVerified } from './fetch.ts';
export {
  isUnresolved,
  type Resolution,
  type Resolved,
  resolveAll,
  resolveAvailable,
  resolveReference,
} from './reference.ts';
export { fetchUpdates, type Update } from './updates.ts';
export {
  type HostView,
  type Verified,
  type VerifiedProfile,
  type VerifyRefusalId,
  verifyEvidence,
} from './verify.ts';
