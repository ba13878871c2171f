import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Env } from '../ports.ts';

/** Headers for obsolete browsers and plug-ins, left out because each costs every response. */
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
    // catalog/scripts.ts, which fetch pages and the API. Data are not scripts: their types are none, and X-Content-Type-Options is set.
    scriptSrc: ["'self'"],
    // browser/can. A worker's own policy, that of data, lets it load and send nothing.
    workerSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** If a browser renders data as a page, it loads nothing and can't be framed. */
const forData = secureHeaders({
  ...outdated,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  referrerPolicy: false,
  xFrameOptions: false,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
});

/** Sets security headers: the full set on pages, the relevant ones on other responses. */
export const securityHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const isPage = c.res.headers.get('Content-Type')?.startsWith('text/html');
  await (isPage ? forPages : forData)(c, async () => {});
};
