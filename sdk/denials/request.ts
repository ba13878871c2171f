// What an event was about, in the words of rules.
import { type Access, type AuditRecord, accessOf } from '../../policy/index.ts';
import { fieldOf, type LogEvent } from './event.ts';
import { ruledBy } from './label.ts';

/** What a process asked for; `undefined` when it is nothing that a rule could allow, or is not known here. */
export function requestOf(event: LogEvent): Access | undefined {
  return accessOf(recordOf(event));
}

/** An event as the kinds of rules read it. */
export function recordOf(event: LogEvent): AuditRecord {
  const field = (name: string) => fieldOf(event, name);
  const mask =
    field('denied_mask') ?? field('requested_mask') ?? field('denied') ?? field('requested') ?? '';
  // A profile made up in complain mode is none that will be there when rules count.
  const label = field('peer') ?? field('peer_profile') ?? field('peer_label');
  return {
    type: event.type,
    operation: field('operation') ?? '',
    mask: mask.split(/[\s,]+/).filter((word) => word !== ''),
    peer: label && ruledBy(label),
    field,
  };
}
