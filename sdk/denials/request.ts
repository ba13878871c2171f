// Turns an event into the request it was about, in terms of rules.
import { type Access, type AuditRecord, accessOf } from '../../policy/index.ts';
import { fieldOf, type LogEvent } from './event.ts';
import { ruledBy } from './label.ts';

/** The request of a process; `undefined` if no rule could allow it or it is of an unknown kind. */
export function requestOf(event: LogEvent): Access | undefined {
  return accessOf(recordOf(event));
}

/** An event as the rule kinds read it. */
export function recordOf(event: LogEvent): AuditRecord {
  const field = (name: string) => fieldOf(event, name);
  const mask =
    field('denied_mask') ?? field('requested_mask') ?? field('denied') ?? field('requested') ?? '';
  // A temporary profile of complain mode will not exist in enforce mode.
  const label = field('peer') ?? field('peer_profile') ?? field('peer_label');
  return {
    type: event.type,
    operation: field('operation') ?? '',
    // Kernels before 2.6.31 have the owner's permissions before a "::" and those of others after it.
    mask: [...new Set(mask.split(/[\s,]+|::/))].filter((word) => word !== ''),
    peer: label && ruledBy(label),
    field,
  };
}
