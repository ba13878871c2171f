// Lists the profiles that a registry has for a word: node search.ts https://profiles.example.org nginx
import { createClient } from 'aa-registry';

const [registry = '', text = ''] = process.argv.slice(2);
const client = createClient({ registry });
const { items } = await client.listProfiles({ text });
for (const { team, name, description } of items) console.log(`${team}/${name}: ${description}`);
