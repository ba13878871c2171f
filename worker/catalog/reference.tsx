import type { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { describeApi } from '../openapi/document.ts';
import type { Env, Reader } from '../ports.ts';
import {
  curl,
  type Operation,
  operationsByTag,
  propertiesOf,
  type Reference,
  readDocument,
  refName,
  type Schema,
  typeOf,
} from './document.ts';
import { Layout } from './layout.tsx';
import { identifyReader, readerOf } from './session.tsx';

/** The API's documentation: /openapi.json, and the page /docs generated from it. */
export function reference(app: OpenAPIHono<Env>): Hono<Env> {
  // Created lazily, when all routes are registered.
  let texts: { json: string; html: string } | undefined;
  const page = (reader?: Reader) =>
    `<!doctype html>${<ReferencePage reference={readDocument(describeApi(app))} reader={reader} />}`;
  const rendered = () => {
    texts ??= { json: JSON.stringify(describeApi(app)), html: page() };
    return texts;
  };

  const routes = new Hono<Env>();
  routes.get('/openapi.json', (c) =>
    c.body(rendered().json, 200, { 'Content-Type': 'application/json' }),
  );
  routes.use('/docs', identifyReader);
  routes.get('/docs', (c) => {
    const reader = readerOf(c);
    return c.html(reader === undefined ? rendered().html : page(reader));
  });
  return routes;
}

function ReferencePage(props: { reference: Reference; reader: Reader | undefined }) {
  const { reference, reader } = props;
  const groups = operationsByTag(reference);
  return (
    <Layout title="API · aa-registry" reader={reader}>
      <h1>API</h1>
      {reference.info.description?.split('\n\n').map((paragraph) => (
        <p>
          <Marked text={paragraph} />
        </p>
      ))}
      <p class="soft">
        <a href="/openapi.json">OpenAPI 3.1 document</a>. In the examples, <code>AA_REGISTRY</code>{' '}
        is this registry’s address and <code>AA_TOKEN</code> an API token.
      </p>
      <nav class="contents" aria-label="Contents">
        {groups.map(({ name, operations }) => (
          <div>
            <a href={`#${anchor(name)}`}>{name}</a>
            <ul>
              {operations.map(({ id, summary }) => (
                <li>
                  <a href={`#${id}`}>{summary}</a>
                </li>
              ))}
            </ul>
          </div>
        ))}
        <div>
          <a href="#schemas">Schemas</a> · <a href="#problems">Problems</a>
        </div>
      </nav>
      {groups.map(({ name, description, operations }) => (
        <section>
          <h2 id={anchor(name)}>{name}</h2>
          <p>{description}</p>
          {operations.map((operation) => (
            <OperationPart operation={operation} reference={reference} />
          ))}
        </section>
      ))}
      <section>
        <h2 id="schemas">Schemas</h2>
        {Object.entries(reference.schemas).map(([name, schema]) => (
          <article>
            <h3 id={`schema-${name}`}>{name}</h3>
            {schema.description && <p>{schema.description}</p>}
            <Properties schema={schema} reference={reference} />
          </article>
        ))}
      </section>
      <section>
        <h2 id="problems">Problems</h2>
        <p>
          The <code>type</code> of a problem is stable; titles and details may change.
        </p>
        <dl class="problems">
          {reference.problems.map(({ id, status, title, meaning, type }) => (
            <>
              <dt id={`problem-${id}`}>
                <code>{id}</code> <span class="status">{status}</span>
              </dt>
              <dd>
                <strong>{title}.</strong> {meaning}
                <div class="soft">
                  <code>{type}</code>
                </div>
              </dd>
            </>
          ))}
        </dl>
      </section>
    </Layout>
  );
}

function OperationPart(props: { operation: Operation; reference: Reference }) {
  const { operation, reference } = props;
  const { id, method, path, summary, description, token, parameters, body, responses } = operation;
  return (
    <article class="operation">
      <h3 id={id}>
        <a href={`#${id}`}>{summary}</a>
      </h3>
      <p class="route">
        <code>
          <span class={`method ${method}`}>{method.toUpperCase()}</span> {path}
        </code>{' '}
        <span class="soft">{tokenNotes[token]}</span>
      </p>
      {description && (
        <p>
          <Marked text={description} />
        </p>
      )}
      {parameters.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Parameter</th>
                <th scope="col">Type</th>
                <th scope="col">Description</th>
              </tr>
            </thead>
            <tbody>
              {parameters.map((parameter) => (
                <tr>
                  <td>
                    <code>{parameter.name}</code>{' '}
                    <span class="soft">
                      {parameter.in}
                      {parameter.required ? '' : ', optional'}
                    </span>
                  </td>
                  <td>
                    <Type schema={parameter.schema} />
                  </td>
                  <td>{parameter.description}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {body && (
        <>
          <p class="soft">
            Body: <Type schema={body} />
          </p>
          <Properties schema={body} reference={reference} />
        </>
      )}
      <pre>
        <code>{curl(operation, reference)}</code>
      </pre>
      <ul class="responses">
        {responses.map(({ status, description, schema, type, problems }) => (
          <li>
            <span class="status">{status}</span>{' '}
            {problems.length > 0 ? (
              problems.map((problem, index) => (
                <>
                  {index > 0 && ', '}
                  <a href={`#problem-${problem}`}>{problem}</a>
                </>
              ))
            ) : (
              <>
                {description}
                {schema && (
                  <>
                    : <Type schema={schema} /> <span class="soft">{type}</span>
                  </>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
    </article>
  );
}

const tokenNotes: Record<Operation['token'], string> = {
  required: 'requires a token',
  optional: '',
  never: '',
};

/** The fields of an object, one per row. */
function Properties({ schema, reference }: { schema: Schema; reference: Reference }) {
  const properties = propertiesOf(schema, reference);
  if (properties.length === 0) {
    return (
      <p class="soft">
        <Type schema={schema} />
      </p>
    );
  }
  return (
    <div class="scroll">
      <table>
        <tbody>
          {properties.map(({ name, required, schema }) => (
            <tr>
              <td>
                <code>{name}</code> {!required && <span class="soft">optional</span>}
              </td>
              <td>
                <Type schema={schema} />
              </td>
              <td>{schema.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A short description of a type, with links to schemas. */
function Type({ schema }: { schema: Schema }) {
  return (
    <>
      {typeOf(schema).map((part) => {
        const name = refName(part);
        return name === undefined ? part : <a href={`#schema-${name}`}>{name}</a>;
      })}
    </>
  );
}

/** Renders text with `code`. */
function Marked({ text }: { text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 0 ? part : <code>{part}</code>))}</>;
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}
