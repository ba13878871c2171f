import {
  CreatedToken,
  Identity,
  type NewToken,
  type Token,
  TokenPage,
  User,
  UserPage,
} from '../../contract/index.ts';
import type { Connection } from './connection.ts';

/** Requests about API tokens and those who have them. */
export function tokenRequests({ call, pages, send }: Connection) {
  return {
    /** Creates an API token, with no more rights than the client's own. */
    createToken(token: NewToken): Promise<CreatedToken> {
      return call(CreatedToken, 'POST', '/v1/tokens', token);
    },

    /** API tokens: a team's own, a user's, or the caller's. */
    listTokens(whose: { team?: string; user?: string } = {}): AsyncGenerator<Token> {
      return pages(TokenPage, '/v1/tokens', whose);
    },

    /** Revokes an API token permanently. */
    async revokeToken(id: number): Promise<void> {
      await send('DELETE', `/v1/tokens/${id}`);
    },

    /** Exchanges the OpenID Connect token of a CI job for an API token. */
    exchangeToken(exchange: {
      token: string;
      team: string;
      profile?: string;
    }): Promise<CreatedToken> {
      return call(CreatedToken, 'POST', '/v1/oidc/token', exchange);
    },

    /** Whose token this client has. */
    whoami(): Promise<Identity> {
      return call(Identity, 'GET', '/v1/whoami');
    },

    createUser(user: { name: string; admin: boolean }): Promise<User> {
      return call(User, 'POST', '/v1/users', user);
    },

    /** Users by name. */
    listUsers(): AsyncGenerator<User> {
      return pages(UserPage, '/v1/users', {});
    },
  };
}
