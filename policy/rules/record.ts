// What a record of the kernel's or a message bus's audit log says, as the kinds of rules ask for it.

export interface AuditRecord {
  /** Usually DENIED, ALLOWED or AUDIT. */
  readonly type: string;
  /** Empty where the record names none. */
  readonly operation: string;
  /** The words of the permissions that were denied, or else requested. */
  readonly mask: readonly string[];
  /** The label of the peer whose rules apply, without temporary profiles of complain mode. */
  readonly peer: string | undefined;
  /** The value of a field; `undefined` where the record has no such field. */
  field(name: string): string | undefined;
}

/** A field, by the names that kernels and message buses have for it. */
export type RecordField = readonly string[];

/** The label of the peer. */
export const peerField: RecordField = ['peer', 'peer_profile', 'peer_label'];
/** The permissions that were denied; only records of a refusal have it. */
export const deniedField: RecordField = ['denied_mask', 'denied'];

/** Whether the process owns the file; `undefined` when the record does not say. */
export function ownerOf({ field }: AuditRecord): boolean | undefined {
  const process = field('fsuid');
  const file = field('ouid');
  return process === undefined || file === undefined ? undefined : process === file;
}

/** A path as rules name it: a disconnected one is looked up from the root, where the profile attaches it. */
export function attached(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

/** The words of a list in a field. */
export function words(list: string | undefined): string[] {
  return (list ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

/** Whether a field holds the number of something for which the kernel has no name (security/apparmor/net.c, ipc.c). */
export const isUnnamed = (value: string): boolean => unnamedNumber(value) !== undefined;

/** The number in such a field. */
export function unnamedNumber(value: string): number | undefined {
  const [, number] = /^unknown\(([0-9]{1,10})\)$/.exec(value) ?? [];
  return number === undefined ? undefined : Number(number);
}
