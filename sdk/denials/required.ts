// The fields that records of each kind always have. If one is missing, the record is truncated or forged, and the
// narrowest rule for the rest would allow more than was requested.
import { type Access, contradiction, requiredFields } from '../../policy/index.ts';
import type { LogEvent } from './event.ts';
import { recordOf } from './request.ts';

/** The first required field that a record lacks; no rule may be made of such a record. */
export function missingField(event: LogEvent, access: Access): string | undefined {
  const record = recordOf(event);
  const missing = requiredFields(access, record).find((names) =>
    names.every((name) => !isSaid(name, record.field(name))),
  );
  return missing?.[0];
}

/** Whether a field has a value: dbus-broker writes (null) for none. A method call may have no interface. */
function isSaid(name: string, value: string | undefined): boolean {
  return Boolean(value) && (value !== '(null)' || name === 'interface');
}

/** The names of the fields of a record that contradict each other, such as `capability and capname`. */
export function contradictoryFields(event: LogEvent, access: Access): string | undefined {
  return contradiction(access, recordOf(event))?.join(' and ');
}

/**
 * The first field with two different values in a record, which makes it ambiguous. Some kernels write the class of a
 * message queue twice.
 */
export function doubledField({ fields }: LogEvent): string | undefined {
  const values = new Map<string, string>();
  for (const { key, value } of fields) {
    if (key !== '' && (values.get(key) ?? value) !== value) return key;
    values.set(key, value);
  }
  return undefined;
}
