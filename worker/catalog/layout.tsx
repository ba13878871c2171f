import type { Child } from 'hono/jsx';
import type { Reader } from '../ports.ts';
import { formTokenField } from './form.ts';

/** The layout of every page: title, search and contents. */
export function Layout(props: {
  title: string;
  query?: string;
  /** The signed-in reader, if any. */
  reader?: Reader | undefined;
  /** The path that the page is best known by. */
  path?: string;
  /** What the page is about, in a sentence. */
  description?: string;
  /** The path of the page's Atom feed, and its title. */
  feed?: { path: string; title: string } | undefined;
  /** The path of a script of its own. */
  script?: string;
  children: Child;
}) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{props.title}</title>
        <link rel="stylesheet" href="/catalog.css" />
        <script src="/catalog.js" defer />
        {props.script !== undefined && <script type="module" src={props.script} />}
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
        {props.path !== undefined && <link rel="canonical" href={props.path} />}
        {props.feed !== undefined && (
          <link
            rel="alternate"
            type="application/atom+xml"
            title={props.feed.title}
            href={props.feed.path}
          />
        )}
        <meta property="og:site_name" content="aa-registry" />
        <meta property="og:type" content="website" />
        <meta property="og:title" content={props.title} />
        {props.description !== undefined && (
          <>
            <meta name="description" content={props.description} />
            <meta property="og:description" content={props.description} />
          </>
        )}
      </head>
      <body>
        <header>
          <a class="home" href="/">
            aa-registry
          </a>
          <search>
            <form action="/" method="get">
              <input
                type="search"
                name="q"
                value={props.query ?? ''}
                placeholder="Name, description or image"
                aria-label="Search profiles"
                maxlength={200}
              />
              <button type="submit">Search</button>
            </form>
          </search>
          {props.reader === undefined ? (
            <a href="/sign-in">Sign in</a>
          ) : (
            <form action="/sign-out" method="post" class="sign-out">
              <a href="/manage">{props.reader.name}</a>
              <FormToken reader={props.reader} />
              <button type="submit">Sign out</button>
            </form>
          )}
        </header>
        <main>{props.children}</main>
        <footer>
          <a href="/teams">Teams</a>
          <a href="/log">Log</a>
          <a href="/playground">Playground</a>
          <a href="/docs">API</a>
          {props.feed !== undefined && <a href={props.feed.path}>Feed</a>}
        </footer>
      </body>
    </html>
  );
}

/** The field of a form with the form token of the reader's session. */
export function FormToken({ reader }: { reader: Reader }) {
  return <input type="hidden" name={formTokenField} value={reader.formToken} />;
}
