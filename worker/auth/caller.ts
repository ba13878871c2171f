import { roles as allRoles, type Role, type Scope } from '../../db/schema.ts';
import type { Token, UserRights } from '../../db/tokens.ts';
import { anonymous, type Viewer } from '../../db/viewer.ts';
import type { Caller } from '../ports.ts';

/** A caller without a token. */
export const anonymousCaller: Caller = {
  token: undefined,
  everywhere: undefined,
  roles: new Map(),
  profile: undefined,
};

/** The highest role that a token with the scope can be used in. */
const maxRole: Record<Scope, Role> = { read: 'reader', publish: 'publisher', admin: 'owner' };

/**
 * The caller with a token: the roles of its user, its team or the administrator, limited by its scope, team and profile.
 */
export function callerOf(token: Token, rights: UserRights | undefined): Caller {
  const { team, profile } = token;
  // The database may contain an unknown scope, which grants nothing.
  if (!Object.hasOwn(maxRole, token.scope)) return { ...anonymousCaller, token };
  const limit = maxRole[token.scope];
  const everywhere = rights === undefined ? team === null : rights.admin;
  const own = rights?.roles ?? new Map(team === null ? [] : [[team, 'owner' as const]]);
  const roles = [...own].filter(([name]) => team === null || name === team);
  const owned = everywhere && team !== null ? [...roles, [team, 'owner'] as const] : roles;
  return {
    token,
    everywhere: everywhere && team === null ? limit : undefined,
    roles: new Map(owned.map(([name, role]) => [name, lower(role, limit)])),
    profile: profile ?? undefined,
  };
}

function lower(one: Role, other: Role): Role {
  return rank(one) < rank(other) ? one : other;
}

const rank = (role: Role) => allRoles.indexOf(role);

/** The caller's role in a team, or for one of its profiles; `undefined` if none. */
export function roleIn(caller: Caller, team: string, name?: string): Role | undefined {
  if (caller.profile !== undefined && caller.profile !== name) return undefined;
  return caller.everywhere ?? caller.roles.get(team);
}

/** Whether a role includes the rights of the required one. */
export function includesRole(role: Role | undefined, required: Role): boolean {
  return role !== undefined && rank(role) >= rank(required);
}

/** Whether the caller has administrator rights. */
export function isAdministrator({ everywhere, profile }: Caller): boolean {
  return everywhere === 'owner' && profile === undefined;
}

/** The viewer for queries on behalf of a caller. */
export function viewerOf({ token, everywhere, roles, profile }: Caller): Viewer {
  if (!token) return anonymous;
  return { everything: everywhere !== undefined, teams: [...roles.keys()], profile };
}
