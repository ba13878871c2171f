export { blindChannel, blindName, makeBlind } from './blind.ts';
export { decodeEntryBundle, encodeEntryBundle, maxEntryBytes } from './bundle.ts';
export {
  type Checkpoint,
  type CheckpointRefusalId,
  formatCheckpoint,
  type LogIdentity,
  parseCheckpoint,
  signCheckpoint,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
export { statedTime, verifyTimestampedSignature } from './cosignature.ts';
export { isCount, parseDecimal } from './decimal.ts';
export { formatEntry, LogEntry, parseEntry } from './entry.ts';
export {
  cosignatureVerifierOf,
  cosignerOf,
  generateNoteKey,
  isNoteName,
  type NoteKey,
  type NoteVerifier,
  noteKeyBytes,
  parseNoteSigner,
  parseNoteVerifier,
  type SignatureType,
} from './key.ts';
export {
  type Appended,
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  type Hash,
  hashLength,
  isHash,
  leafHash,
  nodeHash,
  proveAppended,
  rootOf,
  sameHash,
  type TileHash,
} from './merkle.ts';
export {
  addSignatures,
  cosign,
  cosignText,
  findCosignatures,
  formatNote,
  formatSignatures,
  type Note,
  type NoteRefusalId,
  type NoteSignature,
  type OpenedNote,
  openNote,
  parseNote,
  parseSignatures,
  signNote,
  type VerifiedSignature,
} from './note.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  proveConsistency,
  proveInclusion,
  readFrontier,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts';
export {
  formatTilePath,
  fullWidth,
  nodeOfTile,
  parseTilePath,
  type ReadTile,
  type Tile,
  type TileAddress,
  type TreeNode,
  tileOfNode,
  tileWidth,
} from './tile.ts';
export {
  type AddCheckpoint,
  decide,
  formatAddCheckpoint,
  parseAddCheckpoint,
  type Witness,
  type WitnessedLog,
  type WitnessResponse,
} from './witness.ts';
