import type { Server } from './server.ts';
import { apache2 } from './servers/apache2.ts';
import { buildAgent } from './servers/build-agent.ts';
import { haproxy } from './servers/haproxy.ts';
import { memcached } from './servers/memcached.ts';
import { mosquitto } from './servers/mosquitto.ts';
import { nodeApp } from './servers/node-app.ts';
import { redis } from './servers/redis.ts';

/** All servers, by the names of their packages. */
export const servers: Server[] = [
  apache2,
  buildAgent,
  haproxy,
  memcached,
  mosquitto,
  nodeApp,
  redis,
];
