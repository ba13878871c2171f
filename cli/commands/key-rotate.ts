import { basename } from 'node:path';
import { endorse } from '../../trust/index.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requirePublicKey } from '../public-key.ts';
import { openSession, registryOptions } from '../session.ts';
import { loadSigningKeys, signingKeyPath } from '../signing-key.ts';

export const keyRotate = defineCommand({
  name: 'key rotate',
  summary: 'Register a team’s next key, endorsed by a current one',
  args: [{ name: 'TEAM' }, { name: 'NEW.pub' }],
  options: {
    key: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      description: 'A current key that signs it (default: your own); repeatable',
    },
    label: {
      type: 'string',
      value: 'TEXT',
      description: 'A name for the key (default: the file’s name)',
    },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'Hosts that trust the old key then accept the new one. If hosts require several signatures, ' +
    'give --key once for each. Revoking the old key also makes the new one invalid on hosts ' +
    'whose trust file lists only the old one: add the new key to their trust files first.',
  examples: ['aa-registry key rotate library new.pem.pub --key old.pem'],
  async run({ values, args: [team = '', file = ''], io }) {
    const next = await requirePublicKey(file);
    const signers = await loadSigningKeys(io, values.key);
    const client = await openSession(io, values);
    await client.addKey(team, {
      publicKey: next.text,
      label: values.label ?? basename(file),
      endorsement: await endorse(team, next, ...signers),
    });
    const signedBy = signers.map(({ publicKey }) => publicKey.keyId);
    printResult(
      io,
      values,
      { team, keyId: next.keyId, signedBy },
      `Team ${team} now publishes with ${next.keyId}, endorsed by ${signedBy.join(' and ')}.`,
    );
    const own = file.replace(/\.pub$/, '');
    const used = io.env.AA_SIGNING_KEY ? 'AA_SIGNING_KEY' : signingKeyPath(io);
    io.note(
      `"publish" still signs with ${used} by default. To use the new key: aa-registry publish DIR --version VERSION --key ${own}`,
    );
    return exit.ok;
  },
});
