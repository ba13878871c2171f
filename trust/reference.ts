import { type Digest, isDigest } from './digest.ts';
import { defaultTeam, isProfileName, isTeam } from './name.ts';
import { isRange } from './range.ts';
import { isVersion } from './version.ts';

/** Selects a version of a profile. */
export type Selector =
  | { kind: 'version'; version: string }
  | { kind: 'range'; range: string }
  | { kind: 'channel'; channel: string }
  | { kind: 'digest'; digest: Digest }
  | { kind: 'default' };

/** A parsed reference: `[team/]name[@version | @range | :channel | @sha256:…]`. */
export interface Reference {
  team: string;
  name: string;
  selector: Selector;
}

export type ReferenceResult = { ok: true; reference: Reference } | { ok: false; reason: string };

const channelPattern = /^[a-z][a-z0-9-]{0,31}$/;

/** The channel of a reference without a selector, if the profile has it. */
export const defaultChannel = 'stable';

/** The channel of the highest version that is not yanked; it cannot be moved. */
export const latestChannel = 'latest';

/** Whether `text` is the name of a channel that can be moved. */
export function isChannel(text: string): boolean {
  return channelPattern.test(text) && text !== latestChannel;
}

/**
 * Parses a reference as users write it. Never throws; the result has the reason if it is malformed.
 *
 * @example
 * parseReference('docker-nginx')            // library/docker-nginx, the default version
 * parseReference('acme/web@1.2.0')          // that version
 * parseReference('acme/web@^1.2')           // the highest version from 1.2.0 up to 2.0.0 that is not yanked
 * parseReference('acme/web:candidate')      // the channel's current version
 * parseReference('acme/web@sha256:0a1b…')   // exactly these bytes
 */
export function parseReference(text: string): ReferenceResult {
  const at = text.indexOf('@');
  const colon = at < 0 ? text.indexOf(':') : -1;
  const end = at >= 0 ? at : colon >= 0 ? colon : text.length;
  const path = text.slice(0, end);
  const slash = path.indexOf('/');
  const team = slash < 0 ? defaultTeam : path.slice(0, slash);
  const name = path.slice(slash + 1);

  if (!isTeam(team)) return refused(text, `"${team}" is not a team name`);
  if (!isProfileName(name)) return refused(text, `"${name}" is not a profile name`);
  const selector = parseSelector(at >= 0, text.slice(end + 1), end < text.length);
  if (!selector) {
    const tail = text.slice(end + 1);
    if (at >= 0 && channelPattern.test(tail)) {
      const reason = `"${text}" is not a reference: "${tail}" is not a version. For the channel, write ${path}:${tail}`;
      return { ok: false, reason };
    }
    return refused(
      text,
      at >= 0
        ? `"${tail}" is not a semantic version, a range or a sha256 digest`
        : `"${tail}" is not a channel name`,
    );
  }
  return { ok: true, reference: { team, name, selector } };
}

function parseSelector(at: boolean, text: string, present: boolean): Selector | undefined {
  if (!present) return { kind: 'default' };
  if (!at) return channelPattern.test(text) ? { kind: 'channel', channel: text } : undefined;
  if (isDigest(text)) return { kind: 'digest', digest: text };
  if (isVersion(text)) return { kind: 'version', version: text };
  return isRange(text) ? { kind: 'range', range: text } : undefined;
}

function refused(text: string, why: string): ReferenceResult {
  return {
    ok: false,
    reason: `"${text}" is not a reference: ${why}. Write [team/]name, name@1.2.0, name@^1.2, name:channel or name@sha256:…`,
  };
}

/** Formats a reference, without the default team. */
export function formatReference({ team, name, selector }: Reference): string {
  const path = team === defaultTeam ? name : `${team}/${name}`;
  switch (selector.kind) {
    case 'default':
      return path;
    case 'version':
      return `${path}@${selector.version}`;
    case 'range':
      return `${path}@${selector.range}`;
    case 'channel':
      return `${path}:${selector.channel}`;
    case 'digest':
      return `${path}@${selector.digest}`;
  }
}
