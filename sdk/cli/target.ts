import { resolve } from 'node:path';

export const rootOption = {
  type: 'string',
  value: 'DIR',
  description: 'Another system’s root: files only, no kernel is touched',
} as const;

/** The root that is meant, as an absolute path. */
export function rootOf(value: string | undefined): string {
  return resolve(value ?? '/');
}
