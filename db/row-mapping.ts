import { Column, getTableName, is, SQL } from 'drizzle-orm';

/** Decodes a column's value as the driver returns it. */
interface Decoder {
  mapFromDriverValue: (value: unknown) => unknown;
}

/** What drizzle knows about the rows of a prepared query (drizzle-orm/libsql/session.js). */
export interface MappedQuery {
  /** Where each column goes: into the row, or into an object of it. */
  fields: { path: [string] | [object: string, name: string]; field: Column | SQL | SQL.Aliased }[];
  /** By table, whether every row has its columns, which a left join may leave out. */
  joinsNotNullableMap?: Record<string, boolean>;
}

/**
 * How the columns of a row become an object: as drizzle maps them (mapResultRow in drizzle-orm/utils.js), which finds out
 * for each row again what is the same for all.
 */
export function rowMapping({ fields, joinsNotNullableMap }: MappedQuery) {
  const columns = fields.map(({ path: [first, second], field }) => ({
    object: second === undefined ? undefined : first,
    name: second ?? first,
    decoder: decoderOf(field),
  }));
  const optional = joinsNotNullableMap ? optionalObjects(fields, joinsNotNullableMap) : [];
  return (row: unknown[]): Record<string, unknown> => {
    const mapped: Record<string, unknown> = {};
    for (const [at, { object, name, decoder }] of columns.entries()) {
      const value = row[at] === null ? null : decoder.mapFromDriverValue(row[at]);
      if (object === undefined) mapped[name] = value;
      else {
        mapped[object] ??= {};
        (mapped[object] as Record<string, unknown>)[name] = value;
      }
    }
    for (const { object, at } of optional) if (row[at] === null) mapped[object] = null;
    return mapped;
  };
}

function decoderOf(field: Column | SQL | SQL.Aliased): Decoder {
  if (is(field, Column)) return field;
  return ((is(field, SQL) ? field : field.sql) as unknown as { decoder: Decoder }).decoder;
}

/** The objects with the columns of one table, which a left join may leave out, with the first of these columns. */
function optionalObjects(
  fields: MappedQuery['fields'],
  isAlwaysThere: Record<string, boolean>,
): { object: string; at: number }[] {
  const objects = new Map<string, { at: number; tables: Set<string> }>();
  for (const [at, { path, field }] of fields.entries()) {
    if (path.length === 1 || !is(field, Column)) continue;
    const known = objects.get(path[0]) ?? { at, tables: new Set() };
    known.tables.add(getTableName(field.table));
    objects.set(path[0], known);
  }
  return [...objects].flatMap(
    ([
      object,
      {
        at,
        tables: [table = '', ...others],
      },
    ]) => (others.length === 0 && !isAlwaysThere[table] ? [{ object, at }] : []),
  );
}
