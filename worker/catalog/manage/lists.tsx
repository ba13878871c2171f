import type { Child } from 'hono/jsx';
import type { Token } from '../../../contract/token.ts';
import type { Reader } from '../../ports.ts';
import { Layout } from '../layout.tsx';
import { Day } from '../profiles.tsx';
import { type Actions, actionAddress, type Place } from './action.ts';
import { titleOf } from './form-page.tsx';

/** The page of a place: its title, what was just done, and its parts. */
export function PlacePage(props: {
  place: Place;
  actions: Actions;
  /** The action that was just done. */
  done: string | undefined;
  reader: Reader;
  children: Child;
}) {
  const { place, actions, done } = props;
  const title = titleOf(place);
  const said = done !== undefined && Object.hasOwn(actions, done) ? actions[done]?.done : undefined;
  return (
    <Layout title={`Manage ${title} · aa-registry`} reader={props.reader}>
      <p>
        <a href="/manage">Manage</a>
        {place.name !== undefined && (
          <>
            {' / '}
            <a href={`/manage/t/${place.team}`}>{place.team}</a>
          </>
        )}
      </p>
      <h1>{title}</h1>
      {said !== undefined && (
        <p class="done" role="status">
          {said}
        </p>
      )}
      {props.children}
    </Layout>
  );
}

/** A part of a page: what there is, in a table, and what can be added. */
export function Part(props: {
  title: string;
  heads: readonly string[];
  rows: readonly Child[];
  /** Said without rows. */
  none: string;
  /** Links to forms. */
  children?: Child;
}) {
  const { title, heads, rows, none } = props;
  return (
    <>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="soft">{none}</p>
      ) : (
        <section class="scroll acts" aria-label={title} tabindex={0}>
          <table>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th scope="col">{head}</th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>{rows}</tbody>
          </table>
        </section>
      )}
      {props.children && <p>{props.children}</p>}
    </>
  );
}

/** A link to the form of an action. `on` says what it is about, for readers who hear only the link. */
export function ActionLink(props: {
  place: Place;
  id: string;
  given?: Record<string, string>;
  on?: string;
  children: string;
}) {
  const { place, id, given, on } = props;
  return (
    <a href={actionAddress(place, id, given)}>
      {props.children}
      {on !== undefined && <span class="unseen-text"> {on}</span>}
    </a>
  );
}

/** The tokens of a team or a user. */
export function Tokens(props: { place: Place; tokens: readonly Token[] }) {
  const { place, tokens } = props;
  return (
    <Part
      title="Tokens"
      heads={['Name', 'Scope', 'Limited to', 'Last used', 'Expires']}
      none="No tokens."
      rows={tokens.map(({ id, label, scope, team, profile, lastUsedAt, expiresAt, revokedAt }) => (
        <tr>
          <td>{label}</td>
          <td>{scope}</td>
          <td>{[team, profile].filter((one) => one !== null).join('/') || '–'}</td>
          <td>{lastUsedAt === null ? '–' : <Day at={lastUsedAt} />}</td>
          <td>{expiresAt === null ? '–' : <Day at={expiresAt} />}</td>
          <td>
            {revokedAt === null ? (
              <ActionLink place={place} id="revoke-token" given={{ id: String(id) }} on={label}>
                Revoke
              </ActionLink>
            ) : (
              <span class="soft">revoked</span>
            )}
          </td>
        </tr>
      ))}
    >
      <ActionLink place={place} id="create-token">
        Create a token
      </ActionLink>
    </Part>
  );
}
