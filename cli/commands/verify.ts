import { fetchVerified } from '../../sdk/fetch.ts';
import {
  hostSeenFolder,
  readRevoked,
  readSeen,
  userSeenFolder,
  writeRevoked,
  writeSeen,
} from '../../sdk/host/seen.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { notProved } from '../not-proved.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';

export const verify = defineCommand({
  name: 'verify',
  summary: 'Verify a profile as pull does, and install nothing',
  usage: 'REF',
  args: { min: 1, max: 1 },
  options: { format: formatOption, ...registryOptions, trust: trustOption },
  details: 'Exit code 3 when it is refused, with the reason and its id.',
  examples: ['aa-registry verify docker-nginx@1.0.0'],
  async run({ values, args: [text = ''], io }) {
    const json = values.format === 'json';
    const reference = requireReference(text);
    const trust = await requireTrust(values, '/');
    const client = await openSession(io, values, trust.registry);
    const seen = userSeenFolder(io.env, trust.log.key);
    const verified = await fetchVerified(client, reference, {
      trust,
      seen: await readSeen(seen),
      revoked: await readRevoked(seen, hostSeenFolder('/', trust.log.key)),
    });
    await writeRevoked(seen, reference.team, verified.revoked);
    if (!verified.ok) {
      throw notProved(verified, undefined, trustAdvice(verified.id, reference.team, values));
    }
    const { team, name, version, digest, signers, checkpoint } = verified.profile;
    await writeSeen(seen, checkpoint);
    if (json) {
      const signedBy = signers.map(({ keyId }) => keyId);
      const log = { origin: checkpoint.origin, size: checkpoint.size };
      io.print(toJson({ team, name, version, digest, signedBy, log }));
      return exit.ok;
    }
    io.print(`Verified   ${team}/${name}@${version}`);
    io.print(`Digest     ${digest}`);
    for (const { keyId } of signers) io.print(`Signed by  ${keyId}`);
    io.print(`Log        ${checkpoint.origin}, ${checkpoint.size} entries`);
    return exit.ok;
  },
});
