import { Role, VersionPolicy } from '../../../contract/team.ts';
import { OidcSettings } from '../../../contract/trusted-publisher.ts';
import { parseJson } from '../../../trust/index.ts';
import { ProblemError } from '../../problem.ts';
import { type Actions, entryOf, type Place } from './action.ts';
import { part } from './api.ts';
import { teamTokenActions } from './token-actions.ts';

const teamPath = ({ team = '' }: Place) => `/teams/${part(team)}`;
const user = { name: 'user', label: 'User' } as const;
const role = { name: 'role', label: 'Role', choices: Role.options } as const;

/** What owners may do with their team. */
export const teamActions: Actions = {
  'set-member': {
    title: 'Add a member or change a role',
    about: 'A user who is a member already gets the new role.',
    role: 'owner',
    fields: [user, role],
    call: (place, form) => ({
      method: 'PUT',
      path: `${teamPath(place)}/members/${part(entryOf(form, 'user'))}`,
      body: { role: entryOf(form, 'role') },
    }),
    done: 'The member has the role.',
  },
  'remove-member': {
    title: 'Remove a member',
    about: 'The user’s own tokens lose their rights in the team; the team’s tokens stay valid.',
    role: 'owner',
    fields: [{ ...user, kind: 'given' }],
    call: (place, form) => ({
      method: 'DELETE',
      path: `${teamPath(place)}/members/${part(entryOf(form, 'user'))}`,
    }),
    done: 'The user is not a member.',
  },
  'add-key': {
    title: 'Register a key',
    about:
      'Versions signed with it are then the team’s. A key of the team must endorse it, which “aa-registry key rotate” ' +
      'does and registers it too; an administrator registers a team’s first key without.',
    role: 'owner',
    fields: [
      { name: 'publicKey', label: 'Public key', kind: 'area', hint: 'Ed25519, as PEM or base64.' },
      { name: 'label', label: 'Name', placeholder: 'release key 2026' },
      {
        name: 'endorsement',
        label: 'Endorsement',
        kind: 'area',
        optional: true,
        hint: 'A DSSE envelope, as JSON.',
      },
    ],
    call: (place, form) => ({
      method: 'POST',
      path: `${teamPath(place)}/keys`,
      body: {
        publicKey: entryOf(form, 'publicKey'),
        label: entryOf(form, 'label'),
        ...endorsementOf(entryOf(form, 'endorsement')),
      },
    }),
    done: 'The key is registered.',
  },
  'revoke-key': {
    title: 'Revoke a key',
    about:
      'Hosts then refuse everything that only this key signed, and it can’t sign new versions. This can’t be undone, and ' +
      'the log records it.',
    role: 'owner',
    fields: [
      { name: 'keyId', label: 'Key', kind: 'given' },
      { name: 'reason', label: 'Reason', placeholder: 'Laptop stolen' },
    ],
    call: (place, form) => ({
      method: 'POST',
      path: `${teamPath(place)}/keys/${part(entryOf(form, 'keyId'))}/revocation`,
      body: { reason: entryOf(form, 'reason') },
    }),
    confirm: ({ team = '' }) => team,
    done: 'The key was revoked.',
  },
  ...teamTokenActions,
  'add-webhook': {
    title: 'Add a webhook',
    about: 'It receives an event when a version is published or yanked and when a channel moves.',
    role: 'owner',
    fields: [{ name: 'url', label: 'URL', placeholder: 'https://ci.example.org/hooks' }],
    call: (place, form) => ({
      method: 'POST',
      path: `${teamPath(place)}/webhooks`,
      body: { url: entryOf(form, 'url') },
    }),
    secret: 'secret',
    done: 'The webhook was added. Its secret verifies that deliveries are from this registry.',
  },
  'remove-webhook': {
    title: 'Remove a webhook',
    about: 'Pending deliveries are dropped.',
    role: 'owner',
    fields: [{ name: 'id', label: 'Webhook', kind: 'given' }],
    call: (place, form) => ({
      method: 'DELETE',
      path: `${teamPath(place)}/webhooks/${part(entryOf(form, 'id'))}`,
    }),
    done: 'The webhook was removed.',
  },
  'add-publisher': {
    title: 'Add a trusted publisher',
    about:
      'CI jobs of the repository can then publish without a stored token. A key of the team must still sign every version.',
    role: 'owner',
    fields: [
      { name: 'issuer', label: 'Provider', placeholder: 'https://gitlab.com' },
      { name: 'repository', label: 'Repository', placeholder: 'acme/profiles' },
      { name: 'branch', label: 'Branch', placeholder: 'main' },
      { name: 'environment', label: 'Only in the environment', optional: true },
      { name: 'profile', label: 'Only for the profile', optional: true, placeholder: 'name' },
    ],
    choices: async (api, c) => {
      const issuer = (await api.read(c, '/oidc', OidcSettings))?.issuers;
      return issuer && issuer.length > 0 ? { issuer } : {};
    },
    call: (place, form) => ({
      method: 'POST',
      path: `${teamPath(place)}/trusted-publishers`,
      body: {
        issuer: entryOf(form, 'issuer'),
        repository: entryOf(form, 'repository'),
        branch: entryOf(form, 'branch'),
        environment: entryOf(form, 'environment') || null,
        profile: entryOf(form, 'profile') || null,
      },
    }),
    done: 'The team trusts the publisher.',
  },
  'remove-publisher': {
    title: 'Remove a trusted publisher',
    role: 'owner',
    fields: [{ name: 'id', label: 'Trusted publisher', kind: 'given' }],
    call: (place, form) => ({
      method: 'DELETE',
      path: `${teamPath(place)}/trusted-publishers/${part(entryOf(form, 'id'))}`,
    }),
    done: 'The team no longer trusts the publisher.',
  },
  'set-policy': {
    title: 'Set the version policy',
    about:
      'With semver, a version that permits more than the one before must be a new major version, or give the reason.',
    role: 'owner',
    fields: [{ name: 'versionPolicy', label: 'Policy', choices: VersionPolicy.options }],
    call: (place, form) => ({
      method: 'PATCH',
      path: teamPath(place),
      body: { versionPolicy: entryOf(form, 'versionPolicy') },
    }),
    done: 'The version policy is set.',
  },
};

function endorsementOf(text: string): { endorsement?: unknown } {
  if (text === '') return {};
  try {
    return { endorsement: parseJson(text) };
  } catch {
    throw new ProblemError('request-invalid', 'endorsement: must be JSON.');
  }
}
