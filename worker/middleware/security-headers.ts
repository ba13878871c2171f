import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Env } from '../ports.ts';

/** Headers for browsers and plug-ins that are gone: each header costs every answer. */
const outdated = {
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  originAgentCluster: false,
};

const forPages = secureHeaders({
  ...outdated,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** Should a browser show data as a page after all, it loads nothing and nobody frames it. */
const forData = secureHeaders({
  ...outdated,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  referrerPolicy: false,
  xFrameOptions: false,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
});

/** What keeps a browser from being used against its user: of pages all of it, of other answers what means something there. */
export const securityHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const isPage = c.res.headers.get('Content-Type')?.startsWith('text/html');
  await (isPage ? forPages : forData)(c, async () => {});
};
