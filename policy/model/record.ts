// What a record of the audit log was about, and what it has to say for a rule to be made of it.
import { file } from '../rules/file.ts';
import { type Access, kindOfAccess, kinds } from '../rules/kinds.ts';
import { type AuditRecord, deniedField, type RecordField, words } from '../rules/record.ts';

/** What a process asked for; `undefined` when it is nothing that a rule could allow, or is not known here. */
export function accessOf(record: AuditRecord): Access | undefined {
  const kind =
    kinds.find(({ operations }) => operations?.test(record.operation)) ??
    kinds.find((one) => one.logs?.(record)) ??
    file;
  return kind.requested(record) as Access | undefined;
}

/** The fields of a record that contradict each other, which the kernel never writes. */
export function contradiction(access: Access, record: AuditRecord): RecordField | undefined {
  const { field } = record;
  for (const [all, some] of masks) {
    const [requested, denied] = [field(all), field(some)];
    if (requested !== undefined && denied !== undefined && !isPart(denied, requested))
      return [all, some];
  }
  return kindOfAccess(access).contradiction?.(record);
}

const masks = [
  ['requested_mask', 'denied_mask'],
  ['requested', 'denied'],
] as const;

/** Whether each permission of a mask, a word or a letter, is in another. */
function isPart(mask: string, whole: string): boolean {
  const all = words(whole);
  if (words(mask).every((one) => all.includes(one))) return true;
  // Kernels before 2.6.31 have the owner's permissions before a "::" and those of others after it.
  const isOfLetters = !/[\s,]/.test(mask) && /^[rwaxmlkcdiup:]*$/i.test(mask + whole);
  return isOfLetters && [...mask].every((one) => whole.includes(one));
}

/** Types of records whose request was refused, or would have been: only these say what of it was denied. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

/** The fields that a record about an access always has, each by its names. */
export function requiredFields(access: Access, record: AuditRecord): RecordField[] {
  const fields: RecordField[] = [['operation'], ...kindOfAccess(access).required(access, record)];
  return fields.filter((one) => one !== deniedField || refusals.has(record.type));
}
