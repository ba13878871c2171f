/**
 * From a reference to a verified profile: resolution by the registry (reference.ts), its evidence (evidence.ts),
 * verification (verify.ts), all of these for one or several references (fetch.ts), and updates of installed versions
 * (updates.ts).
 */
export { fetchEvidence } from './evidence.ts';
export { fetchAllVerified, fetchVerified } from './fetch.ts';
export {
  deprecationText,
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
