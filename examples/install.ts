// Installs a profile as "aa-registry pull" does; / is this machine: node install.ts docker-nginx /mnt/image
import {
  changeHost,
  createClient,
  fetchVerified,
  hostSeenFolder,
  install,
  listInstallations,
  parseReference,
  readHostTrust,
  readRevoked,
  readSeen,
  writeRevoked,
  writeSeen,
} from 'aa-registry';

const [text = '', root = ''] = process.argv.slice(2);
const parsed = parseReference(text);
const trust = await readHostTrust(root);
if (!parsed.ok || !trust) throw new Error('usage: install.ts REF ROOT');
const { reference } = parsed;

const client = createClient({ registry: trust.registry });
const seenFolder = hostSeenFolder(root, trust.log.key);

// Alone, and after what an interrupted run had begun is finished.
await changeHost(root, async () => {
  const installed = (await listInstallations(root)).find(
    ({ team, name }) => team === reference.team && name === reference.name,
  );
  const seen = await readSeen(seenFolder);
  const verified = await fetchVerified(client, reference, {
    trust,
    seen,
    revoked: await readRevoked(seenFolder),
    installed: installed?.version,
  });
  // Kept for good, also when this very profile is refused for it.
  await writeRevoked(seenFolder, reference.team, verified.revoked);
  if (!verified.ok) throw new Error(`refused: ${verified.reason} [${verified.id}]`);
  await writeSeen(seenFolder, verified.profile.checkpoint);
  const done = await install(verified.profile, { root });
  if (!done.ok) throw new Error(`not installed: ${done.reason} [${done.id}]`);
  console.log(done.file);
});
