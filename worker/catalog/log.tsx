import { Hono } from 'hono';
import { TeamName } from '../../contract/name.ts';
import { readLogPage, type StoredEntry } from '../../db/log-page.ts';
import { isDigest } from '../../trust/index.ts';
import {
  formatTilePath,
  fullWidth,
  type LogEntry,
  parseDecimal,
  parseEntry,
} from '../../trust/log/index.ts';
import type { Env, Reader } from '../ports.ts';
import { toHtml } from './html.ts';
import { Layout } from './layout.tsx';
import { identifyReader, readerOf } from './session.tsx';

/** The number of entries on a page. */
const pageSize = 50;

/** The transparency log as a page; its files are in routes/tiles.ts. */
export const logPages = new Hono<Env>();

logPages.get('/log', identifyReader, async (c) => {
  const { db, log } = c.var.deps;
  const team = TeamName.safeParse(c.req.query('team')).data;
  const before = parseDecimal(c.req.query('before') ?? '');
  const read = await readLogPage(db, { team, before, limit: pageSize + 1 });
  return c.html(
    toHtml(
      <LogPage
        size={read.size}
        verifier={log.verifier}
        team={team}
        entries={read.entries.slice(0, pageSize)}
        older={read.entries.length > pageSize}
        reader={readerOf(c)}
      />,
    ),
  );
});

function LogPage(props: {
  size: number;
  verifier: string;
  team: string | undefined;
  entries: StoredEntry[];
  /** Whether there are older entries. */
  older: boolean;
  reader: Reader | undefined;
}) {
  const { size, team, entries } = props;
  const last = entries.at(-1);
  const filter = team === undefined ? '' : `&team=${team}`;
  return (
    <Layout title="Log · aa-registry" reader={props.reader} path="/log">
      <h1>Transparency log</h1>
      <p>
        Every publication, channel move, yank, transfer and change of keys is an entry of this log.
        Entries are never changed or removed; hosts and auditors verify that. The names of private
        profiles are blinded.
      </p>
      <dl>
        <dt>Size</dt>
        <dd>{size} entries</dd>
        <dt>Verifier key</dt>
        <dd>
          <code>{props.verifier}</code>
        </dd>
        <dt>Files</dt>
        <dd>
          <a href="/log/checkpoint">checkpoint</a>
          {size > 0 && (
            <>
              {', '}
              <a href={`/log/${newestBundle(size)}`}>newest entries</a> (C2SP tlog-tiles)
            </>
          )}
        </dd>
      </dl>
      <form action="/log" method="get" class="filter">
        <input
          name="team"
          value={team ?? ''}
          placeholder="Team"
          aria-label="Entries of team"
          maxlength={40}
        />
        <button type="submit">Filter</button>
      </form>
      <h2>{team === undefined ? 'Entries' : `Entries of ${team}`}</h2>
      <Entries entries={entries} />
      {props.older && last && (
        <p>
          <a href={`/log?before=${last.index}${filter}`} rel="next">
            Older entries
          </a>
        </p>
      )}
    </Layout>
  );
}

/** The path, below /log/, of the bundle with the newest entries. */
function newestBundle(size: number): string {
  const index = Math.floor((size - 1) / fullWidth);
  return formatTilePath({ level: 'entries', index, width: size - index * fullWidth });
}

/** Entries of the log in a table. */
export function Entries({ entries }: { entries: readonly StoredEntry[] }) {
  if (entries.length === 0) return <p class="soft">No entries.</p>;
  return (
    <div class="scroll">
      <table class="entries">
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col">Time (UTC)</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ index, data }) => {
            const entry = parseEntry(new TextEncoder().encode(data));
            return (
              <tr id={`entry-${index}`}>
                <td>
                  <a href={`/v1/log/entries/${index}/proof`}>{index}</a>
                </td>
                <td>
                  {entry && (
                    <time datetime={entry.time}>{entry.time.slice(0, 16).replace('T', ' ')}</time>
                  )}
                </td>
                <td>{entry ? <Change entry={entry} /> : 'The entry can’t be read.'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** What an entry records, as a sentence. */
function Change({ entry }: { entry: LogEntry }) {
  switch (entry.kind) {
    case 'version':
      return (
        <>
          <Profile {...entry} /> was published
        </>
      );
    case 'channel':
      return (
        <>
          Channel {isDigest(entry.channel) ? '(private)' : entry.channel} of{' '}
          <Profile {...entry} version={undefined} /> moved to {entry.version}
          {entry.previous !== null && <span class="soft"> from {entry.previous}</span>}
        </>
      );
    case 'yank':
      return (
        <>
          <Profile {...entry} /> was {entry.yanked ? 'yanked' : 'restored'}: {entry.reason}
        </>
      );
    case 'transfer':
      return (
        <>
          <Profile {...entry} /> was transferred to <a href={`/t/${entry.to}`}>{entry.to}</a>
        </>
      );
    case 'key':
      return (
        <>
          <a href={`/t/${entry.team}`}>{entry.team}</a> registered the key {entry.label}{' '}
          <code>{entry.keyId}</code>
        </>
      );
    case 'key-revocation':
      return (
        <>
          <a href={`/t/${entry.team}`}>{entry.team}</a> revoked the key <code>{entry.keyId}</code>:{' '}
          {entry.reason}
        </>
      );
  }
}

/** A profile, or a version of it, as an entry names it. */
function Profile(props: { team: string; name: string; version?: string | undefined }) {
  const { team, name, version } = props;
  if (isDigest(name)) {
    return (
      <>
        A private profile of <a href={`/t/${team}`}>{team}</a>
        {version !== undefined && ` (${version})`}
      </>
    );
  }
  const path = `/p/${team}/${name}`;
  return (
    <a href={version === undefined ? path : `${path}/${version}`}>
      {team}/{name}
      {version !== undefined && ` ${version}`}
    </a>
  );
}
