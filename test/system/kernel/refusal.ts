import { expect } from 'vitest';
import type { Machine } from './machine.ts';

/** Expects that a command fails with this exit code and reason, and changes neither files nor the kernel's profiles. */
export async function expectRefusal(
  machine: Machine,
  command: string,
  code: number,
  reason: RegExp,
): Promise<void> {
  const before = await state(machine);
  const { stderr, ...refused } = await machine.run(command);
  expect(stderr).toMatch(reason);
  expect(refused).toEqual({ code, stdout: '' });
  expect(await state(machine)).toBe(before);
}

async function state(machine: Machine): Promise<string> {
  const { stdout } = await machine.run(
    'find /etc /var ! -path /var/lib/aa-registry/lock -exec stat -c "%n %f %s %Y" {} + | sort; cat /sys/kernel/security/apparmor/profiles',
  );
  return stdout;
}
