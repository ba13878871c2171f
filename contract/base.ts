import * as z from 'zod';
import { releases } from '../policy/index.ts';
import { DigestText, Timestamp } from './name.ts';

/** The most that a base policy may hold: that of all AppArmor releases and of the apparmor.d project is far smaller. */
export const baseLimits = { files: 5000, bytes: 4 * 1024 * 1024, pathLength: 255 };

/** The maximum size of a base policy as JSON, in bytes; escapes make it larger than its files. */
export const maxBaseJson = 8 * 1024 * 1024;

/** The folders of a base policy, below /etc/apparmor.d. */
export const baseFolders = ['abi', 'abstractions', 'tunables'] as const;

const pathPattern = new RegExp(`^(?:${baseFolders.join('|')})(?:/(?!\\.{1,2}(?:/|$))[ -.0-~]+)+$`);

/** Whether a path can be that of a file of a base policy: in one of its folders, in printable ASCII, without `.` and `..`. */
export function isBasePath(path: string): boolean {
  return path.length <= baseLimits.pathLength && pathPattern.test(path);
}

/** Why files are not a base policy, as a sentence without a full stop; `undefined` if they are one. */
export function baseFault(files: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(files);
  if (entries.length === 0) return 'a base policy has at least one file';
  if (entries.length > baseLimits.files)
    return `a base policy has at most ${baseLimits.files} files`;
  let bytes = 0;
  for (const [path, text] of entries) {
    if (!isBasePath(path)) {
      return `a file of a base policy is in ${baseFolders.join(', ')}, and its path has at most ${baseLimits.pathLength} printable characters`;
    }
    if (!text.isWellFormed() || text.includes('\0'))
      return `${path} is not UTF-8 text, or has a NUL byte`;
    bytes += new TextEncoder().encode(text).length;
    if (bytes > baseLimits.bytes) return `a base policy has at most ${baseLimits.bytes >> 20} MiB`;
  }
  return undefined;
}

/** The total size of files, in bytes. */
export function sizeOfBase(files: Readonly<Record<string, string>>): number {
  const encoder = new TextEncoder();
  return Object.values(files).reduce((sum, text) => sum + encoder.encode(text).length, 0);
}

/** The text that a base policy is stored and served as, and that its digest is of: JSON, files sorted by path. */
export function encodeBase(files: Readonly<Record<string, string>>): string {
  const sorted = Object.keys(files).sort();
  return JSON.stringify({ files: Object.fromEntries(sorted.map((path) => [path, files[path]])) });
}

/** The release of AppArmor that a base policy is of. */
export const BaseRelease = z
  .enum(releases)
  .meta({ id: 'Release', description: 'An AppArmor release', example: '3.0' });

const files = z
  .record(z.string(), z.string())
  .superRefine((files, context) => {
    const fault = baseFault(files);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({
    description: `The texts of the files below /etc/apparmor.d, by path, in ${baseFolders.join(', ')}`,
    example: { 'abstractions/base': '/etc/ld.so.cache mr,\n' },
  });

/** The contents of a base policy: the abstractions, tunables and abi files that an AppArmor release installs. */
export const BaseContent = z
  .strictObject({ files })
  .meta({ id: 'BaseContent', description: 'The files of a base policy' });
export type BaseContent = z.infer<typeof BaseContent>;

export const Base = z
  .object({
    release: BaseRelease,
    digest: DigestText.meta({ description: 'SHA-256 of the content, as served by its digest' }),
    files: z.int().min(1).meta({ description: 'The number of files' }),
    bytes: z.int().min(0).meta({ description: 'The total size of the files' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Base', description: 'The current base policy of an AppArmor release' });
export type Base = z.infer<typeof Base>;

export const BaseList = z.object({ items: z.array(Base) }).meta({ id: 'BaseList' });
