import type { ProblemId } from '../problem.ts';

/** What each problem means, and what to do about it: for the documentation. */
export const meanings: Record<ProblemId, string> = {
  'body-malformed':
    'The body is no valid JSON in UTF-8, or did not arrive whole. Nothing was changed.',
  'request-invalid':
    'The path, the query, a header or the body is not what the operation takes; the detail names each fault.',
  'token-missing': 'The operation needs an API token: Authorization: Bearer aar_….',
  'token-unknown':
    'The registry does not know the API token: it was never made here, was revoked, or has expired. Make another.',
  'oidc-refused':
    'The OpenID Connect token is not one that the team trusts, or was used before; the detail says which check failed.',
  'token-other-team': 'The API token is good, but not for this team or profile.',
  'role-insufficient':
    'The caller’s role in the team, or the scope of the token, does not allow this. An owner of the team can help.',
  'cross-site':
    'A form of another site sent this. Forms are taken from the catalog’s own pages only.',
  'admin-only': 'Only who runs the registry may do this.',
  'quota-exceeded':
    'The team has stored all that it may, or made all the changes that it may make today. Ask who runs the registry for a larger quota.',
  'not-found':
    'There is nothing of that name, or it is private and the caller may not know of it. The two look the same.',
  'channel-unknown': 'The profile has no channel of that name; the detail says which it has.',
  'range-unsatisfied': 'No version that is not yanked is in the range.',
  'method-not-allowed':
    'There is something at this path, but not for this method; Allow has those.',
  'idempotency-done':
    'A request with this Idempotency-Key has made what it asks for. The answer held a secret, which is not kept: where it did not arrive, remove what was made and make another under a new key.',
  'idempotency-in-progress':
    'A request with this Idempotency-Key has not ended yet. Try again in a while.',
  'team-exists': 'There is a team of that name. Choose another.',
  'version-exists':
    'A version is written once, and this one was published with other bytes. Publish the next version.',
  'user-exists': 'There is a user of that name.',
  'last-owner': 'The team would be left without an owner. Make somebody else one first.',
  'profile-moved': 'The profile was transferred to another team, which publishes it now.',
  'profile-changed': 'Somebody changed the profile at the same time. Look again, then try again.',
  'visibility-other':
    'The publication asks for another visibility than the profile has. Change that first, or leave it out.',
  'publisher-exists': 'The team trusts this repository and branch already.',
  'channel-moved':
    'The channel does not name the version that the request takes it to name. Look again, then try again.',
  'team-full': 'The team has as many of these as a team may have.',
  'key-revoked': 'The key was revoked, and a key does not come back. Make a new one.',
  'precondition-failed':
    'What is there now is not what If-Match names. Read it again, then decide again.',
  'body-too-large': 'The body has more bytes than this registry takes.',
  'profile-too-large': 'The profile has more bytes than this registry takes.',
  'body-type': 'Send JSON, with Content-Type: application/json.',
  'webhook-refused':
    'No webhook may go to that address: webhooks go to https addresses of the public internet.',
  'replacement-unknown': 'There is no such profile or team to go on with it.',
  'issuer-unknown': 'This registry accepts no tokens of that provider.',
  'idempotency-key-reused':
    'An Idempotency-Key is good for one request only; this one came with another. Make a new one for each.',
  'key-invalid': 'The public key is not an Ed25519 key in base64 or PEM.',
  'profile-invalid':
    'The profile has errors; diagnostics holds them with their lines and columns, at most a hundred, and omitted says how many more there are. Nothing was stored.',
  'endorsement-refused': 'No good key of the team has signed for the new one.',
  'envelope-refused':
    'The envelope is not a signature by a key of the team on just this profile, version and text.',
  'rate-limited': 'Too many requests. Wait as many seconds as Retry-After says.',
  'internal-error': 'The registry failed. Its own log says why, under the X-Request-Id.',
  'storage-full':
    'The registry’s disk is full: it goes on being read, and stores again when its operator has made room.',
  'not-ready': 'The registry is starting, shutting down or without its database. Try again.',
  busy: 'Others have sent more packages than the registry can look at now. Nothing was stored; Retry-After says when to try again.',
};
