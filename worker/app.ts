import { HTTPException } from 'hono/http-exception';
import { hideValues, isStorageFull } from '../db/failure.ts';
import { identify } from './auth/identify.ts';
import { createTokenChecks } from './auth/token-checks.ts';
import { shareImmutable } from './cache/shared-cache.ts';
import { catalog } from './catalog/index.tsx';
import { managementPages } from './catalog/manage/index.tsx';
import { reference } from './catalog/reference.tsx';
import { conditional } from './middleware/conditional.ts';
import { corsForReads } from './middleware/cors.ts';
import { respondUnrouted } from './middleware/methods.ts';
import { createLimiter, limitAddresses } from './middleware/rate-limit.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { recordRequest } from './observability/request-record.ts';
import { logError } from './observability/text-log.ts';
import { isOciPath, OciError, ociErrorResponse } from './oci/error.ts';
import { oci } from './oci/index.ts';
import { identifyPuller } from './oci/token.ts';
import { createRouter } from './openapi/router.ts';
import type { Deps } from './ports.ts';
import { bodyType, ProblemError, problemResponse } from './problem.ts';
import { bases } from './routes/bases.ts';
import { channels } from './routes/channels.ts';
import { dependents } from './routes/dependents.ts';
import { deprecation } from './routes/deprecation.ts';
import { fleet } from './routes/fleet.ts';
import { health } from './routes/health.ts';
import { hosts } from './routes/hosts.ts';
import { joinTokens } from './routes/join-tokens.ts';
import { log } from './routes/log.ts';
import { members } from './routes/members.ts';
import { metrics } from './routes/metrics.ts';
import { permissions } from './routes/permissions.ts';
import { profiles } from './routes/profiles.ts';
import { quotas } from './routes/quotas.ts';
import { resolve } from './routes/resolve.ts';
import { teams } from './routes/teams.ts';
import { tiles } from './routes/tiles.ts';
import { tokens } from './routes/tokens.ts';
import { transfer } from './routes/transfer.ts';
import { trustedPublishers } from './routes/trusted-publishers.ts';
import { users } from './routes/users.ts';
import { versions } from './routes/versions.ts';
import { visibility } from './routes/visibility.ts';
import { webhooks } from './routes/webhooks.ts';

/** The maximum number of reports of a host: one a minute, with those that it kept while the registry was away. */
const reportsPerHour = 60;

/**
 * Creates the registry service: the API under /v1, artifacts for OCI clients under /v2, the catalog's pages, health checks
 * and /openapi.json. It is the same on every runtime; only `deps` differ.
 *
 * @example
 * const analysis = { analyse: analyseHere, permissions: permissionsHere };
 * const app = createApp({ db, log, now: () => new Date(), limits: defaultLimits, ...analysis });
 * const response = await app.request('/v1/profiles?q=nginx');
 */
export function createApp(deps: Deps) {
  const app = createRouter();

  app.use(recordRequest);
  if (deps.tracing) app.use(deps.tracing);
  // Before all middleware that sets headers, since it selects those that a 304 has.
  app.use(conditional);
  app.use(securityHeaders);
  app.use(corsForReads);
  const { rateLimits = {} } = deps;
  const tokenChecks = createTokenChecks(rateLimits, deps.now);
  const hostReports = createLimiter(reportsPerHour, 3600, () => deps.now().getTime());
  app.use((c, next) => {
    c.set('deps', deps);
    c.set('tokenChecks', tokenChecks);
    c.set('hostReports', hostReports);
    return next();
  });

  // Before the rate limits, which must not apply to health checks.
  app.route('/', health);
  app.use('/v1/*', identify);
  app.use('/v2/*', identifyPuller);
  if (deps.metrics) app.use('/metrics', identify);
  app.use(limitAddresses(rateLimits));
  if (deps.sharedCache) {
    const share = shareImmutable(deps.sharedCache);
    app.use('/v1/profiles/:team/:name/versions/*', share);
    app.use('/v1/bases/*', share);
    app.use('/log/tile/*', share);
  }
  if (deps.metrics) app.route('/', metrics);
  const api = createRouter();
  for (const routes of [
    profiles,
    versions,
    permissions,
    channels,
    dependents,
    deprecation,
    transfer,
    visibility,
    teams,
    members,
    users,
    tokens,
    trustedPublishers,
    log,
    quotas,
    resolve,
    webhooks,
    bases,
    joinTokens,
    hosts,
    fleet,
  ]) {
    api.route('/v1', routes);
  }
  app.route('/', api);
  app.route('/', tiles);
  app.route('/', oci);
  app.route('/', reference(app));
  app.route('/', catalog);
  app.route('/', managementPages(api));

  app.notFound(respondUnrouted(app));
  app.onError((error, c) => {
    const respond = (problem: ProblemError) =>
      isOciPath(c.req.path) ? ociErrorResponse(c, problem) : problemResponse(c, problem);
    if (error instanceof OciError) return ociErrorResponse(c, error);
    if (error instanceof ProblemError) return respond(error);
    if (error instanceof HTTPException && error.status === 400) {
      return problemResponse(c, new ProblemError('body-malformed', 'The body is not valid JSON.'));
    }
    // Hono's csrf, on the pages that have forms.
    if (error instanceof HTTPException && error.status === 403) {
      const detail = 'A form on another site sent this request.';
      return problemResponse(c, new ProblemError('cross-site', detail));
    }
    if (error instanceof HTTPException && error.status === 415)
      return problemResponse(c, bodyType());
    // Before anything reads the error, such as the tracing middleware.
    hideValues(error);
    if (c.env?.record) c.env.record.error = error;
    else logError(error);
    if (isStorageFull(error)) {
      const detail = 'The registry’s disk is full; reads still work. Contact the operator.';
      return respond(new ProblemError('storage-full', detail));
    }
    return respond(
      new ProblemError('internal-error', 'The registry failed; its log has the cause.'),
    );
  });
  return app;
}
