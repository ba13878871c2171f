// Which mount rules apparmor_parser encodes. The expected results are those of the parsers of 4.1.0 and 5.0.2; those of
// 2.13.11, 3.0.13 and 3.1.7 decide by the same functions (conflicting_flags and gen_flag_rules of mount.cc).
import { describe, expect, test } from 'vitest';
import { check, releases } from '../../policy/index.ts';

const found = (rule: string) =>
  check(`profile a {\n  ${rule}\n}\n`).diagnostics.map(({ id }) => id);

describe('mount rules that can’t match a mount', () => {
  test.each([
    'mount options=(private) /a -> /b,',
    'mount options=(remount) /a -> /b,',
    'mount options=(remount, rw) /a -> /b,',
    'mount options=(private, rw) /a -> /b,',
    'mount options=(private, remount) /a -> /b,',
    'deny mount options=(make-rslave) /a -> /b,',
    'mount options=(remount) /a,',
    'mount options=(private) detached -> /b,',
    'mount options=(bind) fstype=ext4 /a -> /b,',
    'mount options=(move) vfstype=ext4 -> /b,',
    'mount options=(remount) fstype=ext4 /a -> /b,',
    'mount options=(private) fstype=ext4 -> /b,',
    'remount options=(rw) fstype=ext4 /b,',
    'remount options in (bind) fstype=ext4 /b,',
  ])('%s', (rule) => {
    expect(found(rule)).toEqual(['mount-rule']);
  });
});

describe('mount rules with an option besides the command', () => {
  test.each([
    'mount options=(private, bind) /a -> /b,',
    'mount options=(private, ro) /a -> /b,',
    'mount options=(private, silent) /a -> /b,',
    'mount options=(private, move) /a -> /b,',
    'mount options=(remount, ro) /a -> /b,',
    'mount options=(remount, bind) /a -> /b,',
    'mount options=(ro) options=(private) /a -> /b,',
    'mount options=(private) options=(rw) /a -> /b,',
    'mount options=(private) options in (ro) /a -> /b,',
    'mount options in (private) /a -> /b,',
    'mount options in (bind) fstype=ext4 -> /b,',
    'mount options=(bind, ro) fstype=ext4 /a -> /b,',
    'mount options=(private, bind) /a,',
    'remount fstype=ext4 /b,',
    'remount options=(ro) fstype=ext4 /b,',
    'umount fstype=ext4 /b,',
    'umount options=(private) /b,',
  ])('%s', (rule) => {
    expect(found(rule)).toEqual([]);
  });
});

describe('contradictory options', () => {
  test.each([
    ['mount options=(ro, rw) -> /b,', false],
    ['mount options=(r, w) -> /b,', false],
    ['mount options=("ro", "rw") -> /b,', false],
    ['mount options=(verbose, loud) -> /b,', false],
    ['mount options=(make-private, ro, rw) /b,', false],
    ['remount options=(atime, noatime) /b,', false],
    ['umount options=(ro, rw) /b,', false],
    ['mount options in (ro, rw) options=(ro, rw) -> /b,', false],
    ['mount options=(ro, ro) -> /b,', true],
    ['mount options=(silent, verbose) -> /b,', true],
    ['mount options=(relatime, strictatime) -> /b,', true],
    ['mount options=(private, shared) -> /b,', true],
    ['mount options=ro options=rw -> /b,', true],
    ['mount options in (ro, rw) -> /b,', true],
    ['mount options=(ro) options in (rw) -> /b,', true],
  ])('%s', (rule, accepted) => {
    expect(found(rule)).toEqual(accepted ? [] : ['mount-options']);
    for (const target of releases) {
      expect(check(`profile a {\n  ${rule}\n}\n`, { target }).ok).toBe(accepted);
    }
  });
});
