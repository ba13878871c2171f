import {
  type Digest,
  defaultChannel,
  isDigest,
  isProfileName,
  isTeam,
  isVersion,
  latestChannel,
  type Selector,
} from '../../trust/index.ts';

/** A package in a registry of OCI: `oci://HOST[:PORT]/[PATH/]TEAM/NAME[:TAG|@DIGEST]`. */
export interface RepositoryLocation {
  kind: 'repository';
  /** The registry's address, without a path. */
  origin: string;
  /** The path before the team and the name, with a slash at its end; empty without. */
  prefix: string;
  team: string;
  name: string;
  /** The tags to look for, in this order, or the digest of a manifest. */
  wanted: { tags: readonly string[] } | { digest: Digest };
  /** What a tag selects; a digest of a manifest selects what it says. */
  selector: Selector;
}

/** A folder in the OCI image layout: `oci:DIR`. */
export interface LayoutLocation {
  kind: 'layout';
  folder: string;
}

export type MirrorLocation = RepositoryLocation | LayoutLocation;

/** A tag, and a component of a path (OCI distribution-spec 1.1, "Pulling manifests"). */
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const prefixPattern = /^(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\/){0,16}$/;

const form = /^oci:\/\/([^/@?#]+)\/([^:@?#]*?)([^/:@?#]+)\/([^/:@?#]+)(?::([^:@/]+)|@([^@/]+))?$/;

/** Parses the location of a mirror; the reason if it is malformed. Plain HTTP is only for this machine. */
export function parseMirror(
  text: string,
): { ok: true; location: MirrorLocation } | { ok: false; reason: string } {
  if (text.startsWith('oci:') && !text.startsWith('oci://') && text.length > 4) {
    return { ok: true, location: { kind: 'layout', folder: text.slice(4) } };
  }
  const [, host = '', prefix = '', team = '', name = '', tag, digest] = form.exec(text) ?? [];
  const url = URL.parse(`https://${host}`);
  const isWhole =
    host !== '' && url !== null && url.host !== '' && isTeam(team) && isProfileName(name);
  const isWellFormed =
    isWhole &&
    prefixPattern.test(prefix) &&
    (tag === undefined || tagPattern.test(tag)) &&
    (digest === undefined || isDigest(digest));
  if (!isWellFormed) {
    const reason = `"${text}" is not a mirror: write oci://HOST[:PORT]/[PATH/]TEAM/NAME[:TAG|@sha256:…] or oci:DIR`;
    return { ok: false, reason };
  }
  const origin = isLoopback(url) ? `http://${host}` : url.origin;
  const place = { kind: 'repository', origin, prefix, team, name } as const;
  if (digest !== undefined) {
    return { ok: true, location: { ...place, wanted: { digest }, selector: { kind: 'default' } } };
  }
  const tags = tag === undefined ? [defaultChannel, latestChannel] : [tag];
  return { ok: true, location: { ...place, wanted: { tags }, selector: selectorOf(tag) } };
}

/** Whether an address is of this machine, where plain HTTP is allowed. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function selectorOf(tag: string | undefined): Selector {
  if (tag === undefined) return { kind: 'default' };
  return isVersion(tag) ? { kind: 'version', version: tag } : { kind: 'channel', channel: tag };
}
