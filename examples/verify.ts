// Fetches a profile and proves where it came from; its bytes go to standard output:
// node verify.ts docker-nginx@1.0.0 /etc/aa-registry/trust.toml
import { createClient, fetchVerified, parseReference, readTrust } from 'aa-registry';

const [text = '', trustFile = ''] = process.argv.slice(2);
const parsed = parseReference(text);
const trust = await readTrust(trustFile);
if (!parsed.ok || !trust) throw new Error('usage: verify.ts REF TRUST-FILE');

const client = createClient({ registry: trust.registry });
// Nothing of the log was seen before. A host remembers it: see install.ts.
const verified = await fetchVerified(client, parsed.reference, { trust, seen: undefined });
if (verified.ok) {
  process.stdout.write(verified.profile.bytes);
} else {
  console.error(`refused: ${verified.reason} [${verified.id}]`);
  process.exitCode = 3;
}
