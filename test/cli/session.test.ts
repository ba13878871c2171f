import { expect, test } from 'vitest';
import { openSession } from '../../cli/session.ts';
import { processIo } from '../../cli/terminal/io.ts';

const env = { HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent', AA_TOKEN: 'aar_secret' };
const theirs = 'http://127.0.0.1:1';

/** An image's trust.toml names a registry; the token in the environment is the operator's. */
test.each([
  ['this host’s trust file', {}, {}, true],
  ['this host’s trust file, its root named', { root: '/' }, {}, true],
  ['only the files of another root', { root: '/srv/image' }, {}, false],
  ['another root, and the option', { root: '/srv/image', registry: theirs }, {}, true],
  ['another root, and the environment', { root: '/srv/image' }, { AA_REGISTRY: theirs }, true],
  ['another root, by the operator’s trust file', { root: '/srv/image', trust: '/t' }, {}, true],
])('AA_TOKEN with a registry from %s', async (_, values, more, sent) => {
  const io = { ...processIo(), env: { ...env, ...more } };
  const client = await openSession(io, values, theirs);
  expect([client.registry, client.hasToken]).toEqual([theirs, sent]);
});
