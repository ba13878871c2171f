import { Hono } from 'hono';
import { newestRelease } from '../../policy/index.ts';
import type { Env } from '../ports.ts';
import { attemptForm } from './attempt.tsx';
import { toHtml } from './html.ts';
import { Layout } from './layout.tsx';
import { identifyReader, readerOf } from './session.tsx';

/** /playground: an editor for profiles that runs in the browser alone (browser/playground). */
export const playground = new Hono<Env>();

/** What the editor has at first. */
const example = `abi <abi/3.0>,

include <tunables/global>

profile example flags=(attach_disconnected) {
  include <abstractions/base>

  /etc/example/** r,
  /srv/** rw,
  network inet stream,
}
`;

playground.get('/playground', identifyReader, (c) =>
  c.html(
    toHtml(
      <Layout
        title="Playground · aa-registry"
        reader={readerOf(c)}
        path="/playground"
        description="Check, format and question AppArmor profiles in the browser"
        script="/playground.js"
      >
        <h1>Playground</h1>
        <p>Check, format and question a profile. Its text stays in this browser.</p>
        <p id="needs-scripts" class="notice">
          The playground needs scripts. Without them, use <code>aa-registry lint FILE</code>.
        </p>
        <div id="playground" data-example={example} hidden>
          <div class="tools">
            <button type="button" data-part="format">
              Format
            </button>
            <button type="button" data-part="share">
              Share by link
            </button>
            <label>
              Open <input type="file" data-part="open" />
            </label>
            <label>
              Base policy{' '}
              <select data-part="base">
                <option value="">None, AppArmor {newestRelease}</option>
              </select>
            </label>
          </div>
          <p role="status" class="soft" data-part="status" />
          <div data-part="editor" />
          <h2>Lint</h2>
          <div data-part="diagnostics" />
          <h2>What it permits</h2>
          <div data-part="summary" />
          <h2>Try an operation</h2>
          {attemptForm}
          <div aria-live="polite" data-part="answer" />
        </div>
      </Layout>,
    ),
  ),
);
