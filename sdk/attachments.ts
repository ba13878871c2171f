import { attachments, parse } from '../policy/index.ts';

/** A profile of a package, and the programs of the host that it attaches to, as written (apparmor.d(5)). */
export type Attachment = ReturnType<typeof attachments>[number];

/** The attachments of a package's profiles. */
export function attachmentsIn({ bytes }: { bytes: Uint8Array }): Attachment[] {
  return attachments(parse(new TextDecoder().decode(bytes)).file);
}

/** What a package attaches to, as a sentence without a full stop; `undefined` if it does not attach to anything. */
export function describeAttachments(found: readonly Attachment[]): string | undefined {
  if (found.length === 0) return undefined;
  const each = found.map(({ profile, path }) => (profile === path ? path : `${path} (${profile})`));
  return `attaches to programs of the host: ${each.join(', ')}`;
}
