/**
 * The client library of aa-registry: asks a registry, proves what comes from it, and installs that on a host.
 * What is not here is not public, and changes without notice.
 */

export {
  type Digest,
  formatReference,
  type Manifest,
  type PublicKey,
  parseReference,
  type Reference,
  type SeenCheckpoint,
} from '../trust/index.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  RegistryError,
  UnreachableError,
} from './client.ts';
export {
  type FetchRefusalId,
  fetchVerified,
  type HostView,
  type Verified,
  type VerifiedProfile,
} from './fetch.ts';
export { changeHost } from './host/change.ts';
export {
  type Installed,
  type InstallOptions,
  type InstallRefusal,
  install,
} from './host/install.ts';
export {
  hostSeenFolder,
  type RevokedByTeam,
  readRevoked,
  readSeen,
  type SeenFolder,
  writeRevoked,
  writeSeen,
} from './host/seen.ts';
export {
  type DamagedRecord,
  type Installation,
  listDamaged,
  listInstallations,
} from './host/state.ts';
export {
  type HostTrust,
  readHostTrust,
  readTrust,
  TrustFileError,
  trustPath,
} from './trust-file.ts';
