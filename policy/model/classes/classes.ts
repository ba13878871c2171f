// Every class of permissions whose rules match strings, but for files.
import { change_profile } from './change-profile.ts';
import type { PermissionTable } from './class.ts';
import { dbus } from './dbus.ts';
import { mount } from './mount.ts';
import { network } from './network.ts';
import { io_uring, posix_mqueue, sysv_mqueue, userns } from './newer.ts';
import { ptrace } from './ptrace.ts';
import { signal } from './signal.ts';

export const permissionTables = {
  ...{ network, dbus, signal, ptrace, mount, change_profile },
  ...{ posix_mqueue, sysv_mqueue, io_uring, userns },
} as const satisfies Readonly<Record<string, PermissionTable>>;

/** A class whose rules match strings. */
export type TableClass = 'file' | keyof typeof permissionTables;
