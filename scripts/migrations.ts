import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes migrations/index.ts, which imports the SQL of every migration of drizzle-kit: `npm run migrations`. */
const folder = join(import.meta.dirname, '../migrations');
const journal: { entries: { tag: string }[] } = JSON.parse(
  readFileSync(join(folder, 'meta/_journal.json'), 'utf8'),
);
const found = journal.entries.map(({ tag }) => ({
  tag,
  // `0004_search_words` is imported as `searchWords`.
  variable: tag.replace(/^\d+_/, '').replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()),
}));
const imports = found.map(({ tag, variable }) => `import ${variable} from './${tag}.sql';\n`);
const items = found.map(({ tag, variable }) => `  { name: '${tag}', sql: ${variable} },\n`);
writeFileSync(
  join(folder, 'index.ts'),
  `${imports.join('')}
/** Every migration, oldest first; written by scripts/migrations.ts. Released ones are never changed or removed. */
export const migrations: { name: string; sql: string }[] = [
${items.join('')}];
`,
);
