import {
  CreatedJoinToken,
  Fleet,
  Host,
  type HostChange,
  HostPage,
  type JoinToken,
  JoinTokenList,
  type NewHost,
  type NewJoinToken,
  ReportReceipt,
} from '../../contract/index.ts';
import type { KeyPair } from '../../trust/index.ts';
import type { Connection } from './connection.ts';
import { teamPath } from './paths.ts';

/** Requests about the hosts of a team, and of these hosts. */
export function fleetRequests({ call, pages, send, sendSigned }: Connection) {
  const hostsPath = (team: string) => `${teamPath(team)}/hosts`;
  const joinTokensPath = (team: string) => `${teamPath(team)}/join-tokens`;
  return {
    /** Creates a token with which hosts join a team; only this response contains its secret. */
    createJoinToken(team: string, token: NewJoinToken): Promise<CreatedJoinToken> {
      return call(CreatedJoinToken, 'POST', joinTokensPath(team), token);
    },

    async listJoinTokens(team: string): Promise<JoinToken[]> {
      return (await call(JoinTokenList, 'GET', joinTokensPath(team))).items;
    },

    async revokeJoinToken(team: string, id: number): Promise<void> {
      await send('DELETE', `${joinTokensPath(team)}/${id}`);
    },

    /** Joins a team as a host with this key. */
    joinTeam(host: NewHost, key: KeyPair): Promise<Host> {
      return sendSigned(Host, '/v1/hosts', JSON.stringify(host), key);
    },

    /** Sends the report of a host, as exact JSON. */
    sendReport(id: number, text: string, key: KeyPair): Promise<ReportReceipt> {
      return sendSigned(ReportReceipt, `/v1/hosts/${id}/reports`, text, key);
    },

    /** The hosts of a team, in numbers. */
    getFleet(team: string): Promise<Fleet> {
      return call(Fleet, 'GET', `${teamPath(team)}/fleet`);
    },

    /** The hosts of a team, as these parameters of `GET /v1/teams/{team}/hosts` say. */
    listHosts(team: string, filter: Readonly<Record<string, string>> = {}): AsyncGenerator<Host> {
      return pages(HostPage, hostsPath(team), { limit: '100', ...filter });
    },

    async changeHost(team: string, id: number, change: HostChange): Promise<Host> {
      return call(Host, 'PATCH', `${hostsPath(team)}/${id}`, change);
    },

    async retireHost(team: string, id: number): Promise<void> {
      await send('DELETE', `${hostsPath(team)}/${id}`);
    },
  };
}
