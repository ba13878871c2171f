// What hosts reported, explained as a host explains its own log.
import type { FleetEvent } from '../contract/report.ts';
import { adviseOn, beyondRequest } from '../sdk/denials/advice.ts';
import { eventOfRecord } from '../sdk/denials/event-record.ts';
import { Findings } from '../sdk/denials/finding.ts';
import type { AdvisedFinding } from './denials-report.ts';
import type { NamedModel } from './profile-model.ts';

/** An event of a fleet with the advice that a host would give. */
export interface AdvisedEvent extends AdvisedFinding {
  hosts: number;
}

/** An event with the advice that the host itself would give; `undefined` if it is no record of the kernel. */
export function explainEvent(
  { type, record, count, hosts, firstAt, lastAt }: FleetEvent,
  { model: { profiles, unread }, file }: Pick<NamedModel, 'model' | 'file'>,
): AdvisedEvent | undefined {
  const event = eventOfRecord(type, record, Date.parse(lastAt));
  const alone = event && new Findings().add(event);
  if (!alone) return undefined;
  const finding = { ...alone, count, first: Date.parse(firstAt), last: Date.parse(lastAt) };
  const profile = profiles.find(({ name }) => name === finding.profile);
  const advice = adviseOn(finding, profile, { generalise: true, missing: unread });
  const beyond = beyondRequest(finding, advice, profile);
  return { finding, advice, beyond, hosts, onHost: { file, text: '' } };
}
