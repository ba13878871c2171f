import { Hono } from 'hono';
import { problems } from '../../contract/index.ts';
import { explain as explanationOf, explanations, type Grade, grades } from '../../policy/index.ts';
import type { Env, Reader } from '../ports.ts';
import { toHtml } from './html.ts';
import { Layout } from './layout.tsx';
import { MissingPage } from './missing.tsx';
import { identifyReader, readerOf } from './session.tsx';

/** The ids of diagnostics and of problems, explained as `aa-registry explain` and `/docs` explain them. */
export const explain = new Hono<Env>();

explain.use('/explain', identifyReader);
explain.use('/explain/*', identifyReader);

explain.get('/explain', (c) => c.html(toHtml(<IndexPage reader={readerOf(c)} />)));

explain.get('/explain/grades', (c) => c.html(toHtml(<GradesPage reader={readerOf(c)} />)));

explain.get('/explain/:id', (c) => {
  const id = c.req.param('id');
  const reader = readerOf(c);
  const found = explanationOf(id);
  const problem = Object.hasOwn(problems, id) ? problems[id as keyof typeof problems] : undefined;
  if (!found && !problem) {
    const what = 'diagnostic or problem of this id';
    return c.html(toHtml(<MissingPage what={what} reader={reader} />), 404);
  }
  return c.html(
    toHtml(
      <Layout title={`${id} · aa-registry`} reader={reader}>
        <h1>
          <code>{id}</code>
        </h1>
        {found && (
          <>
            <p>
              <strong class={found.severity}>{found.severity}</strong>: {found.title}
            </p>
            <p>{found.text}</p>
            <Example title="Found in" text={found.example} />
            <Example title="Corrected" text={found.corrected} />
          </>
        )}
        {problem && (
          <>
            <p>
              Problem of the API, status {problem.status}: {problem.title}
            </p>
            <p>{problem.meaning}</p>
          </>
        )}
        <p>
          <a href="/explain">All diagnostics</a> · <a href="/docs#problems">All problems</a>
        </p>
      </Layout>,
    ),
  );
});

function Example({ title, text }: { title: string; text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <>
      <h2>{title}</h2>
      <pre>
        <code>{text}</code>
      </pre>
    </>
  );
}

function IndexPage({ reader }: { reader: Reader | undefined }) {
  return (
    <Layout title="Diagnostics · aa-registry" reader={reader}>
      <h1>Diagnostics</h1>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Id</th>
              <th scope="col">Severity</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(explanations).map(([id, { severity, title }]) => (
              <tr>
                <td>
                  <a href={`/explain/${id}`}>{id}</a>
                </td>
                <td>{severity}</td>
                <td>{title}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Layout>
  );
}

const meanings: Record<Grade, string> = {
  A: 'no warning',
  B: '1 or 2 warnings',
  C: '3 to 5 warnings',
  D: '6 to 10 warnings',
  E: 'more warnings',
  F: 'an error',
};

function GradesPage({ reader }: { reader: Reader | undefined }) {
  return (
    <Layout title="Lint grades · aa-registry" reader={reader}>
      <h1>Lint grades</h1>
      <p>
        The grade of a profile is what lint reports for its latest version. It says how carefully
        the profile is written, not how much it permits: that is on the profile’s page, under “What
        it permits”.
      </p>
      <dl>
        {grades.map((grade) => (
          <>
            <dt id={grade}>{grade}</dt>
            <dd>{meanings[grade]}</dd>
          </>
        ))}
      </dl>
      <p>
        Notes do not count, and neither do warnings that a comment in the profile suppresses; their
        number stands beside the grade.
      </p>
      <p>
        <a href="/explain">What lint warns of</a>
      </p>
    </Layout>
  );
}
