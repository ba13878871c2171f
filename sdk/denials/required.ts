// What a record of each kind always says. Where a record leaves it out, the narrowest rule for what is left would
// allow more than was asked for: a record cut short, or written by somebody else than the kernel.
import { type Access, requiredFields } from '../../policy/index.ts';
import type { LogEvent } from './event.ts';
import { recordOf } from './request.ts';

/** The first field that is always there in a record of this kind, and is not; no rule may be made of such a record. */
export function missingField(event: LogEvent, access: Access): string | undefined {
  const record = recordOf(event);
  const missing = requiredFields(access, record).find((names) =>
    names.every((name) => !isSaid(name, record.field(name))),
  );
  return missing?.[0];
}

/** Whether a field has a value: dbus-broker writes (null) where a message has none. A call may name no interface. */
function isSaid(name: string, value: string | undefined): boolean {
  return Boolean(value) && (value !== '(null)' || name === 'interface');
}

/**
 * The first field that stands in a record with two values: which of the two the kernel wrote can't be told. Some kernels
 * write the class of a message queue twice, as the same.
 */
export function doubledField({ fields }: LogEvent): string | undefined {
  const values = new Map<string, string>();
  for (const { key, value } of fields) {
    if (key !== '' && (values.get(key) ?? value) !== value) return key;
    values.set(key, value);
  }
  return undefined;
}
