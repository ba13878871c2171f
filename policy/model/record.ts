// What a record of the audit log was about, and what it has to say for a rule to be made of it.
import { file } from '../rules/file.ts';
import { type Access, kindOfAccess, kinds } from '../rules/kinds.ts';
import { type AuditRecord, deniedField, type RecordField } from '../rules/record.ts';

/** What a process asked for; `undefined` when it is nothing that a rule could allow, or is not known here. */
export function accessOf(record: AuditRecord): Access | undefined {
  const kind =
    kinds.find(({ operations }) => operations?.test(record.operation)) ??
    kinds.find((one) => one.logs?.(record)) ??
    file;
  return kind.requested(record) as Access | undefined;
}

/** Types of records whose request was refused, or would have been: only these say what of it was denied. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

/** The fields that a record about an access always has, each by its names. */
export function requiredFields(access: Access, record: AuditRecord): RecordField[] {
  const fields: RecordField[] = [['operation'], ...kindOfAccess(access).required(access, record)];
  return fields.filter((one) => one !== deniedField || refusals.has(record.type));
}
