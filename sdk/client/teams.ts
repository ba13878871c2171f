import {
  Member,
  MemberList,
  type NewTrustedPublisher,
  Quota,
  type QuotaChange,
  type Role,
  Team,
  TrustedPublisher,
  TrustedPublisherList,
  type VersionPolicy,
} from '../../contract/index.ts';
import { type Envelope, importPublicKey } from '../../trust/index.ts';
import type { Connection } from './connection.ts';
import { teamPath } from './paths.ts';

/** Requests about teams: their keys, members, trusted publishers and quotas. */
export function teamRequests({ call, requireConfirmed, send }: Connection) {
  const memberPath = (team: string, user: string) =>
    `${teamPath(team)}/members/${encodeURIComponent(user)}`;
  return {
    getTeam(team: string): Promise<Team> {
      return call(Team, 'GET', teamPath(team));
    },

    createTeam(name: string): Promise<Team> {
      return call(Team, 'POST', '/v1/teams', { name });
    },

    /** Sets what a team requires of its new versions. */
    async setVersionPolicy(team: string, versionPolicy: VersionPolicy): Promise<Team> {
      const changed = await call(Team, 'PATCH', teamPath(team), { versionPolicy });
      const isSet = changed.name === team && changed.versionPolicy === versionPolicy;
      requireConfirmed(isSet, `the version policy of team ${team}`);
      return changed;
    },

    /** Registers a publisher key of a team. Unless it is the first, an existing key must endorse it. */
    async addKey(
      team: string,
      key: { publicKey: string; label: string; endorsement?: Envelope },
    ): Promise<Team> {
      const changed = await call(Team, 'POST', `${teamPath(team)}/keys`, key);
      const added = (await importPublicKey(key.publicKey))?.keyId;
      const isAdded = changed.keys.some((one) => one.keyId === added && one.revokedAt === null);
      requireConfirmed(changed.name === team && isAdded, `the new key of team ${team}`);
      return changed;
    },

    /** Revokes a publisher key of a team. */
    async revokeKey(team: string, keyId: string, reason: string): Promise<Team> {
      const path = `${teamPath(team)}/keys/${encodeURIComponent(keyId)}`;
      const changed = await call(Team, 'POST', `${path}/revocation`, { reason });
      const isRevoked = changed.keys.some((key) => key.keyId === keyId && key.revokedAt !== null);
      requireConfirmed(changed.name === team && isRevoked, `that ${keyId} is revoked`);
      return changed;
    },

    async listMembers(team: string): Promise<Member[]> {
      return (await call(MemberList, 'GET', `${teamPath(team)}/members`)).items;
    },

    /** Adds a user to a team, or changes their role there. */
    setMember(team: string, user: string, role: Role): Promise<Member> {
      return call(Member, 'PUT', memberPath(team, user), { role });
    },

    async removeMember(team: string, user: string): Promise<void> {
      await send('DELETE', memberPath(team, user));
    },

    async listTrustedPublishers(team: string): Promise<TrustedPublisher[]> {
      const path = `${teamPath(team)}/trusted-publishers`;
      return (await call(TrustedPublisherList, 'GET', path)).items;
    },

    addTrustedPublisher(team: string, publisher: NewTrustedPublisher): Promise<TrustedPublisher> {
      return call(TrustedPublisher, 'POST', `${teamPath(team)}/trusted-publishers`, publisher);
    },

    async removeTrustedPublisher(team: string, id: number): Promise<void> {
      await send('DELETE', `${teamPath(team)}/trusted-publishers/${id}`);
    },

    /** A team's storage use and quota. */
    getQuota(team: string): Promise<Quota> {
      return call(Quota, 'GET', `${teamPath(team)}/quota`);
    },

    /** Changes a team's quota; null restores the registry's default. */
    setQuota(team: string, change: QuotaChange): Promise<Quota> {
      return call(Quota, 'PATCH', `${teamPath(team)}/quota`, change);
    },
  };
}
