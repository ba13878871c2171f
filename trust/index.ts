export {
  type Admission,
  type AdmissionRefusalId,
  admit,
  type Evidence,
  type HostPolicy,
  isKeyLogged,
  isVersionLogged,
  type KeyEvidence,
  type LoggedVersion,
  type LogPolicy,
  type LogProof,
  type LogView,
  type RevokedKeys,
  type SeenCheckpoint,
  verifyLog,
  verifyRevocations,
} from './admission.ts';
export { decodeBase64, encodeBase64 } from './base64.ts';
export { Bundle, makeBundle } from './bundle.ts';
export {
  abstractionFolder,
  accepts,
  type Depending,
  includePathOf,
  isPackagePath,
  isVersionOrRange,
  maxAvailable,
  maxDependencies,
  maxNeeded,
  type Requirement,
  requirementsOf,
  splitPath,
} from './dependencies.ts';
export { type Digest, isDigest, sha256 } from './digest.ts';
export { Envelope, type Opened, open, preAuthenticationEncoding, sign } from './dsse.ts';
export { type Endorsed, endorse, verifyEndorsement } from './endorsement.ts';
export { decodeHex, encodeHex } from './hex.ts';
export { type HostRequest, signHostRequest, verifyHostRequest } from './host-request.ts';
export { type JsonLimits, parseJson, requireBoundedJson } from './json.ts';
export {
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  importPublicKey,
  type KeyPair,
  maxKeys,
  type PublicKey,
} from './key.ts';
export { linePattern } from './line.ts';
export * from './log/index.ts';
export {
  defaultTeam,
  isDefinedName,
  isPathName,
  isProfileName,
  isReservedTeam,
  isTeam,
} from './name.ts';
export {
  bundleManifest,
  createdAnnotation,
  type Descriptor,
  emptyBlob,
  logSizeAnnotation,
  manifestType,
  type OciManifest,
  type OciRole,
  type OciVersion,
  ociRoles,
  ociTypes,
  proofManifest,
  referrerOf,
  releaseAnnotation,
  versionManifests,
} from './oci/manifest.ts';
export { type Interval, isInRange, isRange, rangeIntervals } from './range.ts';
export { readAtMost } from './read-at-most.ts';
export {
  defaultChannel,
  formatReference,
  isChannel,
  latestChannel,
  parseReference,
  type Reference,
  type ReferenceResult,
  type Selector,
} from './reference.ts';
export {
  type DependencyRefusalId,
  type DependencyResult,
  type DependencySource,
  resolveDependencies,
} from './resolve-dependencies.ts';
export {
  definedProfiles,
  linksWithCredentials,
  Manifest,
  makeStatement,
  parseStatement,
  type Subject,
  signStatement,
  subjectDigests,
} from './statement.ts';
export {
  areVariants,
  compareReleaseNumbers,
  counterparts,
  isReleaseNumber,
  maxVariants,
  servedVariant,
  variantFor,
} from './variants.ts';
export {
  type Claim,
  type RefusalId,
  type TeamPolicy,
  type Verification,
  verify,
} from './verify.ts';
export {
  compareVersions,
  isPrerelease,
  isVersion,
  precedenceKey,
} from './version.ts';
export { type WideningRefusal, wideningRefusal } from './version-policy.ts';
