import type { Child } from 'hono/jsx';

/** What a comparison's address names. */
export interface CompareQuery {
  /** A version of the profile, team/name@version of another, or docker-default. */
  from: string;
  to: string;
  /** The release to take variants for. */
  release?: string | undefined;
}

/** The address of a comparison, below the page of a profile. */
export function comparePath(path: string, { from, to, release }: CompareQuery): string {
  // The characters of references are allowed in a query (RFC 3986 section 3.4), and read better.
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll(/%(2F|3A|40)/g, decodeURIComponent);
  const more = release === undefined ? '' : `&release=${encode(release)}`;
  return `${path}/compare?from=${encode(from)}&to=${encode(to)}${more}`;
}

/** A link to a comparison; crawlers are asked not to follow it, since it may have to be computed. */
export function CompareLink({
  path,
  children,
  ...query
}: CompareQuery & { path: string; children: Child }) {
  return (
    <a href={comparePath(path, query)} rel="nofollow">
      {children}
    </a>
  );
}
