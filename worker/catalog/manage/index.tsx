import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { csrf } from 'hono/csrf';
import { TokenPage } from '../../../contract/token.ts';
import { includesRole, roleIn } from '../../auth/caller.ts';
import type { Env, Reader } from '../../ports.ts';
import { ProblemError, toProblem } from '../../problem.ts';
import { type Form, readForm, requireFormToken } from '../form.ts';
import { toHtml } from '../html.ts';
import { Layout } from '../layout.tsx';
import { MissingPage } from '../missing.tsx';
import { identifyReader } from '../session.tsx';
import { type Action, type Actions, entryOf, type Place, pathOf } from './action.ts';
import { type ApiCalls, createApiCalls, type Reply } from './api.ts';
import { attemptField, confirmField, FormPage, SecretPage } from './form-page.tsx';
import { PlacePage, Tokens } from './lists.tsx';
import { ProfileManagementPage, readProfile } from './profile.tsx';
import { profileActions } from './profile-actions.ts';
import { readTeam, TeamManagementPage } from './team.tsx';
import { teamActions } from './team-actions.ts';
import { ownTokenActions } from './token-actions.ts';

/** The maximum size of a form, in bytes; an endorsement with many signatures is the largest. */
const maxFormBytes = 64 * 1024;

/** The pages on which signed-in readers manage teams, profiles and tokens, as their roles allow. */
export function managementPages(apiRoutes: Hono<Env>): Hono<Env> {
  const api = createApiCalls(apiRoutes);
  const pages = new Hono<Env>();
  for (const path of ['/manage', '/manage/*']) {
    pages.use(path, csrf());
    pages.use(path, identifyReader);
    pages.use(path, requireReader);
  }

  pages.get('/manage', (c) => c.html(toHtml(<StartPage c={c} reader={requireReaderOf(c)} />)));

  pages.get('/manage/tokens', async (c) => {
    const tokens = (await api.read(c, '/tokens?limit=100', TokenPage))?.items ?? [];
    return c.html(
      toHtml(
        <PlacePage
          place={{}}
          actions={ownTokenActions}
          done={c.req.query('done')}
          reader={requireReaderOf(c)}
        >
          <Tokens place={{}} tokens={tokens} />
        </PlacePage>,
      ),
    );
  });

  pages.get('/manage/t/:team', async (c) => {
    const team = c.req.param('team');
    const role = roleIn(c.var.caller, team);
    const found = role === undefined ? undefined : await readTeam(api, c, team);
    if (!found) return missing(c, `team ${team} that you are a member of`);
    const shown = { isOwner: role === 'owner', done: c.req.query('done') };
    return c.html(toHtml(<TeamManagementPage {...found} {...shown} reader={requireReaderOf(c)} />));
  });

  pages.get('/manage/p/:team/:name', async (c) => {
    const { team, name } = c.req.param();
    const role = roleIn(c.var.caller, team, name);
    const found = includesRole(role, 'publisher')
      ? await readProfile(api, c, team, name)
      : undefined;
    if (!found) return missing(c, `profile ${team}/${name} that you may publish`);
    const done = c.req.query('done');
    return c.html(
      toHtml(<ProfileManagementPage {...found} done={done} reader={requireReaderOf(c)} />),
    );
  });

  offer('/manage/tokens/:action', ownTokenActions);
  offer('/manage/t/:team/:action', teamActions);
  offer('/manage/p/:team/:name/:action', profileActions);
  return pages;

  /** Routes for the forms of actions. */
  function offer(path: string, actions: Actions): void {
    const select = (c: Context<Env>) => {
      const { action: id = '', ...named } = c.req.param() as Place & { action?: string };
      const place = { ...named, user: c.var.caller.token?.user ?? null };
      const action = Object.hasOwn(actions, id) ? actions[id] : undefined;
      return action && { id, place, action };
    };
    pages.get(path, async (c) => {
      const selected = select(c);
      if (!selected) return missing(c, 'such form');
      return showForm(api, c, { ...selected, form: new Map(Object.entries(c.req.query())) });
    });
    pages.post(path, async (c) => {
      const form = await readForm(c, maxFormBytes);
      requireFormToken(c, form);
      const selected = select(c);
      if (!selected) return missing(c, 'such form');
      return perform(api, c, { ...selected, form });
    });
  }
}

interface Selected {
  id: string;
  place: Place;
  action: Action;
  form: Form;
}

/** Sends the request of a form; shows the form again if the API refuses it. */
async function perform(api: ApiCalls, c: Context<Env>, selected: Selected) {
  const { id, place, action, form } = selected;
  const confirm = action.confirm?.(place, form);
  if (confirm !== undefined && entryOf(form, confirmField) !== confirm) {
    return showForm(api, c, selected, {
      status: 400,
      title: 'Not confirmed',
      detail: `Type ${confirm} to confirm.`,
    });
  }
  const reply = await tryCall(api, c, selected);
  if (!reply.ok) return showForm(api, c, selected, reply.problem);
  if (action.secret === undefined) return c.redirect(`${pathOf(place)}?done=${id}`, 303);
  const secret = (reply.body as Record<string, string>)[action.secret] ?? '';
  const shown = { place, action, secret, reader: requireReaderOf(c) };
  return c.html(toHtml(<SecretPage {...shown} />), 201);
}

async function tryCall(
  api: ApiCalls,
  c: Context<Env>,
  { place, action, form }: Selected,
): Promise<Reply> {
  try {
    const idempotencyKey = action.secret && (entryOf(form, attemptField) || undefined);
    return await api.send(c, { ...action.call(place, form), idempotencyKey });
  } catch (error) {
    if (error instanceof ProblemError) return { ok: false, problem: toProblem(error) };
    throw error;
  }
}

async function showForm(
  api: ApiCalls,
  c: Context<Env>,
  { place, action, form }: Selected,
  failure?: { status: number; title: string; detail: string },
) {
  const page = toHtml(
    <FormPage
      place={place}
      action={action}
      form={form}
      choices={(await action.choices?.(api, c, place)) ?? {}}
      reader={requireReaderOf(c)}
      failure={failure}
      attempt={crypto.randomUUID()}
    />,
  );
  return c.html(page, (failure?.status ?? 200) as 200);
}

/** Sends readers who are not signed in to do so, and then back. Nothing here is cached. */
const requireReader: MiddlewareHandler<Env> = async (c, next) => {
  c.header('Cache-Control', 'private, no-store');
  if (c.var.reader) return next();
  return c.redirect(`/sign-in?to=${encodeURIComponent(c.req.path)}`, 303);
};

function requireReaderOf(c: Context<Env>): Reader {
  const { reader } = c.var;
  if (reader) return reader;
  throw new Error('the page has no signed-in reader');
}

function missing(c: Context<Env>, what: string) {
  return c.html(toHtml(<MissingPage what={what} reader={c.var.reader} />), 404);
}

/** The reader's teams and their roles in them. */
function StartPage({ c, reader }: { c: Context<Env>; reader: Reader }) {
  const { roles, everywhere, token, profile } = c.var.caller;
  return (
    <Layout title="Manage · aa-registry" reader={reader}>
      <h1>Manage</h1>
      <p>
        Signed in as {reader.name} with the token “{token?.label}”, whose scope is {token?.scope}.
      </p>
      <h2>Teams</h2>
      {everywhere !== undefined && (
        <p>
          You have the role {everywhere} in <a href="/teams">every team</a>.
        </p>
      )}
      <ul>
        {[...roles].map(([team, role]) => (
          <li>
            {profile === undefined ? (
              <a href={`/manage/t/${team}`}>{team}</a>
            ) : (
              <a href={`/manage/p/${team}/${profile}`}>{`${team}/${profile}`}</a>
            )}{' '}
            <span class="soft">{role}</span>
          </li>
        ))}
      </ul>
      <p>
        <a href="/manage/tokens">Your tokens</a>
      </p>
    </Layout>
  );
}
