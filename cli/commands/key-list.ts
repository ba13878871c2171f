import type { Key } from '../../contract/index.ts';
import { importPublicKey, type PublicKey, verifyEndorsement } from '../../trust/index.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

/** The length of an abbreviated key id, which commands accept: eight digits after `sha256:`. */
const idLength = 'sha256:'.length + 8;

export const keyList = defineCommand({
  name: 'key list',
  summary: 'List a team’s publisher keys',
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry key list library'],
  async run({ values, args: [team = ''], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const { keys } = await client.getTeam(team);
    if (json) {
      io.print(toJson({ items: keys }));
      return exit.ok;
    }
    const endorsers = await findEndorsers(team, keys);
    printList(
      io,
      ['KEY ID', 'ADDED', 'REVOKED', 'ENDORSED BY', 'LABEL'],
      keys.map(({ keyId, label, createdAt, revokedAt }) => [
        keyId,
        day(createdAt),
        day(revokedAt),
        endorsers.get(keyId) ?? '',
        label,
      ]),
    );
    if (keys.length === 0) io.note(`Team ${team} has no keys.`);
    return exit.ok;
  },
});

/** The beginnings of the ids of the keys that endorsed each key, by its id; only those whose signatures are valid. */
async function findEndorsers(team: string, keys: readonly Key[]): Promise<Map<string, string>> {
  const imported = new Map<string, PublicKey>();
  for (const { keyId, publicKey } of keys) {
    const key = await importPublicKey(publicKey);
    if (key) imported.set(keyId, key);
  }
  const found = new Map<string, string>();
  for (const { keyId, endorsement } of keys) {
    const key = imported.get(keyId);
    if (!key || endorsement === null) continue;
    const others = [...imported.values()].filter((one) => one !== key);
    const claim = { team, key, endorsement };
    const endorsed = await verifyEndorsement(claim, { keys: others, threshold: 1 });
    const ids = endorsed.ok ? endorsed.by.map((one) => one.keyId.slice(0, idLength)) : [];
    found.set(keyId, ids.join(', ') || 'no key of the team');
  }
  return found;
}
