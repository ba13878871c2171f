// The programs that a file's profiles attach to (apparmor.d(5), "Profile Head").
import { kernelName } from './syntax/profile-head.ts';
import type { PolicyFile, Profile, Word } from './syntax/tree.ts';

/** What a top-level profile attaches to: its attachment, or a name that is a path; undefined if neither. */
export function attachmentWord({ attachment, name, hat }: Profile): Word | undefined {
  if (attachment) return attachment;
  return !hat && /^[/@]/.test(name.value) ? name : undefined;
}

/** The attachments of a file's top-level profiles, as written, with the kernel's names of the profiles. */
export function attachments(file: PolicyFile): { profile: string; path: string }[] {
  return file.statements.flatMap((one) => {
    const word = one.kind === 'profile' ? attachmentWord(one) : undefined;
    return one.kind === 'profile' && word ? [{ profile: kernelName(one), path: word.value }] : [];
  });
}
