import type { LogEntry } from '../../trust/log/index.ts';
import type { Database } from '../database.ts';
import { entriesOf } from './log.ts';

type Kind = LogEntry['kind'];

/** An entry with its index in the log. */
export type Fact<K extends Kind> = Extract<LogEntry, { kind: K }> & { index: number };

/** The final state of everything mutable according to the log, under the log's names of profiles. */
export interface Facts {
  /** By team and key id. */
  keys: Map<string, Fact<'key'>>;
  revocations: Map<string, Fact<'key-revocation'>>;
  /** By team, name and channel. */
  channels: Map<string, Fact<'channel'>>;
  /** By team, name and version. */
  yanks: Map<string, Fact<'yank'>>;
  /** By team and name. */
  transfers: Map<string, Fact<'transfer'>>;
}

/** Joins names with a character that no name contains. */
export const path = (...parts: string[]) => parts.join(' ');

export async function readFacts(db: Database): Promise<Facts> {
  const facts: Facts = {
    keys: new Map(),
    revocations: new Map(),
    channels: new Map(),
    yanks: new Map(),
    transfers: new Map(),
  };
  for await (const [index, entry] of entriesOf(db)) {
    const { team } = entry;
    switch (entry.kind) {
      case 'key':
        facts.keys.set(path(team, entry.keyId), { ...entry, index });
        break;
      case 'key-revocation':
        facts.revocations.set(path(team, entry.keyId), { ...entry, index });
        break;
      case 'channel':
        facts.channels.set(path(team, entry.name, entry.channel), { ...entry, index });
        break;
      case 'yank':
        facts.yanks.set(path(team, entry.name, entry.version), { ...entry, index });
        break;
      case 'transfer':
        facts.transfers.set(path(team, entry.name), { ...entry, index });
        break;
    }
  }
  return facts;
}
