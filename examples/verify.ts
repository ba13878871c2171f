// Fetches a profile and proves where it came from; its bytes go to standard output:
// node verify.ts docker-nginx@1.0.0 /etc/aa-registry/trust.toml
import { verify } from 'aa-registry';

const verified = await verify(process.argv[2] ?? '', { trust: process.argv[3] });
if (!verified.ok) throw new Error(`refused: ${verified.reason} [${verified.id}]`);
process.stdout.write(verified.profile.bytes);
