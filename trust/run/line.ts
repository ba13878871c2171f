// The parts that the formats of run lines have in common.
import type { Run } from './schema.ts';

/** What run lines are written from: the name of a loaded profile, its file, and how its containers run. */
export interface Line {
  profile: string;
  file: string;
  run: Run;
}

/** A published port as command lines have it: `8080:80`, with the protocol unless that is TCP. */
export function portMapping({ container, host = container, protocol = 'tcp' }: Port): string {
  return `${host}:${container}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}

/** A volume as command lines have it: `data:/data`, with `:ro` if it is read-only. */
export function volumeMapping({ path, volume = '', readonly = false }: Mount): string {
  return `${volume}:${path}${readonly ? ':ro' : ''}`;
}

/** The mounts that are volumes of the runtime. */
export function volumesOf({ mounts = [] }: Run): Mount[] {
  return mounts.filter(({ type }) => type === 'volume');
}

/** The paths of the mounts that are tmpfs. */
export function tmpfsOf({ mounts = [] }: Run): string[] {
  return mounts.filter(({ type }) => type === 'tmpfs').map(({ path }) => path);
}

export type Port = NonNullable<Run['ports']>[number];
export type Mount = NonNullable<Run['mounts']>[number];
