/** A kind of error: HTTP status, title and meaning. */
export interface ProblemType {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503 | 507;
  title: string;
  /** What happened and what to do about it, for the documentation. */
  meaning: string;
}

/**
 * Every error of the API by its id, the last part of its `type` (RFC 9457). Ids and statuses are stable; titles and
 * meanings may change.
 */
export const problems = {
  'body-malformed': {
    status: 400,
    title: 'Malformed request body',
    meaning: 'The body is not valid JSON in UTF-8, or it arrived incomplete. Nothing was changed.',
  },
  'request-invalid': {
    status: 400,
    title: 'Invalid request',
    meaning:
      'The path, the query, a header or the body does not match the operation; the detail names each fault.',
  },
  'token-missing': {
    status: 401,
    title: 'API token required',
    meaning: 'The operation requires an API token: Authorization: Bearer aar_….',
  },
  'token-unknown': {
    status: 401,
    title: 'Unknown API token',
    meaning:
      'The API token was not issued by this registry, was revoked, or has expired. Create a new one.',
  },
  'host-refused': {
    status: 401,
    title: 'Host refused',
    meaning:
      'The request is not signed by the key of a host, the host was retired, or the join token is unknown, revoked or expired; the detail says which.',
  },
  'clock-skew': {
    status: 401,
    title: 'Clocks differ',
    meaning:
      'The host signed the request with a time that differs by more than ten minutes from the registry’s, which the Date header has. Sign it again with that time.',
  },
  'token-other-team': {
    status: 403,
    title: 'Token of another team',
    meaning: 'The API token is valid, but not for this team or profile.',
  },
  'role-insufficient': {
    status: 403,
    title: 'Insufficient role or scope',
    meaning:
      'The caller’s role in the team, or the scope of the token, does not allow this. Ask an owner of the team.',
  },
  'cross-site': {
    status: 403,
    title: 'Cross-site request',
    meaning:
      'A form on another site sent this request. Only forms of the catalog’s own pages are accepted.',
  },
  'admin-only': {
    status: 403,
    title: 'Administrators only',
    meaning: 'Only an administrator of the registry may do this.',
  },
  'quota-exceeded': {
    status: 403,
    title: 'Quota exceeded',
    meaning:
      'The team has reached its storage quota, or its quota of changes for today. Ask an administrator of the registry for a larger quota.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    meaning:
      'There is no such resource, or it is private and not visible to the caller. Resources you may not see return 404.',
  },
  'channel-unknown': {
    status: 404,
    title: 'Unknown channel',
    meaning: 'The profile has no channel of that name; the detail lists its channels.',
  },
  'range-unsatisfied': {
    status: 404,
    title: 'No version matches the range',
    meaning: 'No available version matches the range; yanked versions are not considered.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path does not support this method; the Allow header lists those that it does.',
  },
  'idempotency-done': {
    status: 409,
    title: 'Request already completed',
    meaning:
      'A request with this Idempotency-Key has already succeeded. Its response contained a secret, which is not stored: if you did not receive it, remove what was created and create another under a new key.',
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'Request in progress',
    meaning: 'A request with this Idempotency-Key is still in progress. Try again later.',
  },
  'host-exists': {
    status: 409,
    title: 'Key is enrolled',
    meaning: 'A host has already joined with this key. Generate a new one for each host.',
  },
  'team-exists': {
    status: 409,
    title: 'Team exists',
    meaning: 'There is already a team of that name. Choose another name.',
  },
  'version-exists': {
    status: 409,
    title: 'Version exists with other content',
    meaning:
      'Versions are immutable, and this one was published with other content. Publish a new version.',
  },
  'user-exists': {
    status: 409,
    title: 'User exists',
    meaning: 'There is already a user of that name.',
  },
  'last-owner': {
    status: 409,
    title: 'Last owner',
    meaning: 'The team would be left without an owner. Make another member an owner first.',
  },
  'profile-moved': {
    status: 409,
    title: 'Profile was transferred',
    meaning: 'The profile was transferred to another team; only that team can publish it now.',
  },
  'profile-changed': {
    status: 409,
    title: 'Concurrent change',
    meaning:
      'The profile was changed by another request at the same time. Read it again and retry.',
  },
  'visibility-other': {
    status: 409,
    title: 'Visibility differs',
    meaning:
      'The publication asks for a visibility that differs from the profile’s. Change the profile’s visibility first, or omit it.',
  },
  'publisher-exists': {
    status: 409,
    title: 'Trusted publisher exists',
    meaning: 'The team already trusts this repository and branch.',
  },
  'channel-moved': {
    status: 409,
    title: 'Channel was moved',
    meaning:
      'The channel is not at the version that the request expects. Read it again, then decide again.',
  },
  'team-full': {
    status: 409,
    title: 'Limit of the team reached',
    meaning:
      'The team has reached its limit of keys, trusted publishers, webhooks or join tokens; the detail says which.',
  },
  'key-revoked': {
    status: 409,
    title: 'Key was revoked',
    meaning: 'The key was revoked and can’t be used again. Generate a new one.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    meaning: 'The current state does not match If-Match. Read it again, then decide again.',
  },
  'body-too-large': {
    status: 413,
    title: 'Request body too large',
    meaning: 'The body is larger than this registry accepts.',
  },
  'profile-too-large': {
    status: 413,
    title: 'Profile too large',
    meaning: 'The profile is larger than this registry accepts.',
  },
  'body-type': {
    status: 415,
    title: 'Request body must be JSON',
    meaning:
      'Send JSON in UTF-8, with Content-Type: application/json and without a Content-Encoding.',
  },
  'replacement-unknown': {
    status: 422,
    title: 'Unknown replacement',
    meaning: 'The profile or team given as the replacement does not exist.',
  },
  'oidc-refused': {
    status: 401,
    title: 'OpenID Connect token refused',
    meaning:
      'The team does not trust the OpenID Connect token, or it was used before; the detail says which check failed.',
  },
  'issuer-unknown': {
    status: 422,
    title: 'Issuer not accepted',
    meaning: 'This registry does not accept tokens of that OpenID Connect provider.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key reused',
    meaning:
      'The Idempotency-Key was used with a different request. Use a new key for each request.',
  },
  'key-invalid': {
    status: 422,
    title: 'Invalid public key',
    meaning: 'The public key is not an Ed25519 key in base64 or PEM.',
  },
  'webhook-refused': {
    status: 422,
    title: 'Webhook address refused',
    meaning: 'Webhooks may only go to https addresses on the public internet.',
  },
  'profile-invalid': {
    status: 422,
    title: 'Profile has errors',
    meaning:
      'The profile has errors; diagnostics lists them with their lines and columns, at most a hundred, and omitted says how many more there are. Nothing was stored.',
  },
  'endorsement-refused': {
    status: 422,
    title: 'Endorsement refused',
    meaning: 'No valid key of the team has endorsed the new one.',
  },
  'envelope-refused': {
    status: 422,
    title: 'Envelope refused',
    meaning:
      'The envelope is not a signature by a key of the team over exactly this profile, version and text.',
  },
  'dependency-refused': {
    status: 422,
    title: 'Dependencies refused',
    meaning:
      'A package that it needs does not exist or is no abstraction, or no version suits all; the detail says which. Nothing was stored.',
  },
  'version-widens': {
    status: 422,
    title: 'Version permits more',
    meaning:
      'The team’s version policy is semver, and the version may permit more than the one that it follows; widening lists the differences. Publish it as a new major version (below 1.0.0, a new minor version), sign the reason (publish --widens), or remove the added permissions. Nothing was stored.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    meaning: 'Too many requests. Wait for the number of seconds in Retry-After.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    meaning: 'The registry failed. Its log has the cause, under the X-Request-Id.',
  },
  'storage-full': {
    status: 507,
    title: 'Storage is full',
    meaning:
      'The registry’s disk is full. Reads still work; writes fail until its operator frees space.',
  },
  'not-ready': {
    status: 503,
    title: 'Not ready',
    meaning: 'The registry is starting, shutting down, or has lost its database. Try again.',
  },
  busy: {
    status: 503,
    title: 'Too busy',
    meaning:
      'Too many packages are waiting to be analysed. Nothing was stored; Retry-After says when to try again.',
  },
} as const satisfies Record<string, ProblemType>;

/** The id of a kind of error. */
export type ProblemId = keyof typeof problems;
