// What hosts reported, explained as a host explains its own log.
import type { FleetEvent } from '../contract/report.ts';
import { adviseOn, beyondRequest } from '../sdk/denials/advice.ts';
import { eventOfRecord } from '../sdk/denials/event-record.ts';
import { Findings } from '../sdk/denials/finding.ts';
import { readTrust, trustPlace } from '../sdk/trust-file.ts';
import type { AdvisedFinding } from './denials-report.ts';
import { CliError, exit } from './framework/command.ts';
import { type NamedModel, readModel } from './profile-model.ts';
import { openSession } from './session.ts';
import { rootOf } from './target.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/** An event of a fleet with the advice that a host would give. */
export interface AdvisedEvent extends AdvisedFinding {
  hosts: number;
}

/** A version with its model, and a function that lists its events. */
type WithEvents = NamedModel & {
  verified: NonNullable<NamedModel['verified']>;
  /** Asks the registry for the events of the most hosts. */
  listEvents: (limit: number) => Promise<{ items: FleetEvent[]; more: boolean }>;
};

/** Reads the version of a registry that a reference names; throws a usage error for a file. */
export async function readWithEvents(
  io: Io,
  named: string,
  values: Parameters<typeof readModel>[2],
): Promise<WithEvents> {
  const found = await readModel(io, named, values, true);
  const { verified } = found;
  if (!verified) {
    throw new CliError(exit.usage, `${visibleLine(named)} is a file, not a version of a registry.`);
  }
  return {
    ...found,
    verified,
    listEvents: async (limit) => {
      const trust = await readTrust(values.trust ?? trustPlace(rootOf(values.root)));
      const client = await openSession(io, values, trust?.registry);
      return client.listEvents(verified, limit);
    },
  };
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
