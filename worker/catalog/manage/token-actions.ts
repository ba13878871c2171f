import { Scope } from '../../../contract/token.ts';
import type { Form } from '../form.ts';
import { type Action, type Actions, entryOf, type Field } from './action.ts';
import { part } from './api.ts';

const fields: readonly Field[] = [
  { name: 'label', label: 'Name', placeholder: 'CI of acme' },
  {
    name: 'scope',
    label: 'Scope',
    choices: Scope.options,
    hint: 'The least that suffices: read sees private profiles, publish publishes, admin manages.',
  },
  { name: 'profile', label: 'Only for the profile', optional: true, placeholder: 'name' },
  {
    name: 'expires',
    label: 'Expires on',
    kind: 'day',
    optional: true,
    hint: 'At the start of the day, UTC. Without it, the token is valid until it is revoked.',
  },
];

/** The members of a new token that its form sets. */
function tokenOf(form: Form) {
  const [profile, expires] = [entryOf(form, 'profile'), entryOf(form, 'expires')];
  return {
    label: entryOf(form, 'label'),
    scope: entryOf(form, 'scope'),
    ...(profile && { profile }),
    ...(expires && { expiresAt: `${expires}T00:00:00.000Z` }),
  };
}

const create = {
  title: 'Create a token',
  about: 'It can’t have more rights, or expire later, than the token that you signed in with.',
  secret: 'token',
  done: 'The token was created.',
} as const;

const revoke: Action = {
  title: 'Revoke a token',
  about:
    'Everything that uses this token stops working immediately, and everyone signed in with it is signed out. This can’t be undone.',
  fields: [{ name: 'id', label: 'Token', kind: 'given' }],
  call: (_, form) => ({ method: 'DELETE', path: `/tokens/${part(entryOf(form, 'id'))}` }),
  confirm: (_, form) => `token ${entryOf(form, 'id')}`,
  done: 'The token was revoked.',
};

/** What a user may do with their own tokens. */
export const ownTokenActions: Actions = {
  'create-token': {
    ...create,
    fields: [
      ...fields.filter(({ name }) => name !== 'profile'),
      { name: 'team', label: 'Only in the team', optional: true },
    ],
    call: ({ user }, form) => {
      const team = entryOf(form, 'team');
      const limits = { ...(user && { user }), ...(team && { team }) };
      return { method: 'POST', path: '/tokens', body: { ...tokenOf(form), ...limits } };
    },
  },
  'revoke-token': revoke,
};

/** What owners may do with the tokens of their team. */
export const teamTokenActions: Actions = {
  'create-token': {
    ...create,
    role: 'owner',
    fields,
    // A token of a user limited to the team is the user's own: this one is the team's.
    call: ({ team }, form) => ({
      method: 'POST',
      path: '/tokens',
      body: { ...tokenOf(form), team },
    }),
  },
  'revoke-token': { ...revoke, role: 'owner' },
};
