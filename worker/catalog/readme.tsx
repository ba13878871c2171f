import { raw } from 'hono/html';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/**
 * A README. It is somebody's text in everybody's browser: micromark writes HTML in it as text and drops addresses
 * that are not http, https, mailto and the like; the page's Content-Security-Policy lets nothing else run or load.
 */
export function Readme(props: { markdown: string }) {
  const html = micromark(props.markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  return <article class="readme">{raw(html)}</article>;
}
