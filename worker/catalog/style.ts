/** The catalog's style sheet, served at /catalog.css. */
export const style = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1c2024, #e6e8eb);
  --soft: light-dark(#5c6570, #a1a9b3);
  --paper: light-dark(#ffffff, #14171a);
  --raised: light-dark(#f5f6f8, #1d2126);
  --edge: light-dark(#d9dde2, #343a42);
  --link: light-dark(#0b5cad, #7ab8f5);
  --good: light-dark(#1a7431, #7fd495);
  --error: light-dark(#b3261e, #ff8a80);
  --warning: light-dark(#8a5a00, #f2c063);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 62rem;
  padding: 0 1.25rem 4rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: break-word;
}
a { color: var(--link); text-underline-offset: 0.15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: baseline; padding: 1.25rem 0; }
header .home { font-weight: 650; color: inherit; text-decoration: none; }
search { flex: 1 1 14rem; min-width: 0; }
form { display: flex; gap: 0.5rem; }
summary { cursor: pointer; color: var(--soft); width: max-content; }
.facets h2 { margin: 1rem 0 0.25rem; font-size: 0.95rem; }
.facets .what { margin-left: 0.5rem; font-weight: 400; font-size: 0.85rem; }
.facets ul { list-style: none; margin: 0; padding: 0; font-size: 0.9rem; }
.facets li { display: flex; justify-content: space-between; gap: 0.75rem; padding: 0.15rem 0; line-height: 1.35; overflow-wrap: anywhere; }
.facets li a { text-decoration: none; }
.facets li a:hover { text-decoration: underline; }
.facets section summary { font-size: 0.9rem; }
.facets form { flex-wrap: wrap; align-items: end; margin-top: 1rem; padding: 0.6rem 0; border-top: 1px solid var(--edge); }
.facets label { display: grid; flex: 1 1 9rem; font-size: 0.9rem; color: var(--soft); }
.facets form input, .facets form select { height: 2.4rem; color: var(--ink); }
.order { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.25rem 1rem; margin: 0.75rem 0; }
@media (min-width: 52rem) {
  @supports selector(::details-content) {
    .results { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 0 2.5rem; }
    .facets > summary { display: none; }
    .facets::details-content { display: block; content-visibility: visible; }
  }
}
.lead { font-size: 1.1rem; max-width: 46rem; }
.ways-in { display: flex; flex-wrap: wrap; gap: 0.5rem; list-style: none; margin: 0; padding: 0; }
.ways-in li { padding: 0.2rem 0.75rem; border: 1px solid var(--edge); border-radius: 1rem; background: var(--raised); overflow-wrap: anywhere; }
.chosen { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.chosen a {
  padding: 0.1rem 0.6rem;
  border: 1px solid var(--edge);
  border-radius: 1rem;
  background: var(--raised);
  color: inherit;
  text-decoration: none;
  overflow-wrap: anywhere;
}
.grade { padding: 0 0.45rem; border: 1px solid currentColor; border-radius: 0.3rem; font-size: 0.85rem; text-decoration: none; }
ul.profiles .grade { color: var(--soft); }
ul.profiles .grade.A, ul.profiles .grade.B { color: var(--good); }
ul.profiles .grade.D, ul.profiles .grade.E { color: var(--warning); }
ul.profiles .grade.F { color: var(--error); }
input, button, select, textarea {
  font: inherit;
  color: inherit;
  padding: 0.4rem 0.7rem;
  border: 1px solid var(--edge);
  border-radius: 0.4rem;
  background: var(--paper);
}
input, select { flex: 1 1 4rem; min-width: 0; width: 100%; }
button { background: var(--raised); cursor: pointer; }
.sign-in { max-width: 32rem; }
form.fields { flex-direction: column; align-items: start; gap: 1rem; max-width: 34rem; }
form.fields div { display: grid; width: 100%; }
form.fields p { margin: 0; overflow-wrap: anywhere; }
form.fields textarea { font-family: ui-monospace, monospace; }
.done { padding: 0.6rem 1rem; border-left: 3px solid var(--good); background: var(--raised); }
form.filter { max-width: 24rem; }
.entries td:nth-child(2) { min-width: 6.5rem; }
.entries td:last-child { overflow-wrap: anywhere; width: 100%; }
@media (min-width: 40rem) {
  .entries td:nth-child(2) { white-space: nowrap; }
}
li.key { overflow-wrap: anywhere; margin: 0.35rem 0; }
.sign-out { align-items: baseline; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1rem 0 0.25rem; overflow-wrap: anywhere; }
h1 a { color: inherit; text-decoration: none; }
h1 a:hover { text-decoration: underline; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; }
.soft { color: var(--soft); }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9rem; }
pre {
  margin: 0;
  padding: 0.75rem 1rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  background: var(--raised);
  border: 1px solid var(--edge);
  border-radius: 0.4rem;
}
.unseen-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.command { position: relative; }
.command > button { position: absolute; top: 0.4rem; right: 0.4rem; padding: 0.15rem 0.6rem; font-size: 0.85rem; background: var(--paper); }
@media (scripting: enabled) {
  .command > pre { padding-right: 5.5rem; }
}
.tabs { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0; border: 0; min-width: 0; }
.tabs > input { position: absolute; opacity: 0; width: 1px; height: 1px; padding: 0; flex: none; }
.tabs > label { padding: 0.3rem 0; cursor: pointer; color: var(--soft); }
.tabs > input:checked + label { color: inherit; font-weight: 600; box-shadow: 0 2px var(--link); }
.tabs > input:focus-visible + label { outline: 2px solid var(--link); outline-offset: 2px; }
.tabs > .panel { display: none; order: 1; flex: 0 0 100%; min-width: 0; margin-top: 0.5rem; }
.tabs > input:checked + label + .panel { display: block; }
.unseen { background: #fd6; color: #000; border-radius: 3px; }
.badge, .tag {
  display: inline-block;
  margin: 0 0.25rem;
  padding: 0 0.55rem;
  border: 1px solid var(--edge);
  border-radius: 1rem;
  background: var(--raised);
  font-size: 0.9rem;
  font-weight: 400;
  vertical-align: middle;
}
.variants { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 2rem; border-bottom: 1px solid var(--edge); }
.variants > * { padding: 0.3rem 0; }
.variants strong { box-shadow: 0 2px var(--link); }
.notice { padding: 0.6rem 1rem; border-left: 3px solid var(--warning); background: var(--raised); }
.readme { padding: 0.25rem 1.25rem; border: 1px solid var(--edge); border-radius: 0.4rem; overflow-wrap: anywhere; }
.readme > :last-child { margin-bottom: 0.75rem; }
.readme input { flex: none; width: auto; margin-right: 0.4rem; }
.readme h1 { font-size: 1.35rem; }
.readme h2 { font-size: 1.15rem; margin-top: 1.25rem; }
.readme h3 { font-size: 1rem; }
.readme table { width: auto; }
.readme img { max-width: 100%; }
ul.profiles { list-style: none; padding: 0; }
ul.profiles li { padding: 0.9rem 0; border-top: 1px solid var(--edge); }
ul.profiles p { margin: 0.15rem 0; }
.tags { display: flex; flex-wrap: wrap; gap: 0.35rem; }
a.tag { margin: 0; color: inherit; text-decoration: none; }
ul.profiles li > a { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.25rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.4rem 1rem 0.4rem 0; border-top: 1px solid var(--edge); vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
th, thead td { border: 0; }
.bars th { color: inherit; font-weight: 400; }
.bars tbody th { border-top: 1px solid var(--edge); }
.bars td:last-child { width: 60%; padding-right: 0; }
.bars svg { display: block; width: 100%; height: 1.1rem; margin-top: 0.2rem; fill: var(--link); }
.acts td:last-child { position: sticky; right: 0; padding: 0.4rem 0 0.4rem 0.5rem; background: var(--paper); }
.scroll { position: relative; overflow-x: auto; }
footer { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--edge); }
.contents { columns: 3 15rem; column-gap: 2rem; padding: 1rem 0; }
.contents > div { break-inside: avoid; margin-bottom: 0.75rem; }
.contents > div > a { font-weight: 600; }
.contents ul { list-style: none; margin: 0; padding: 0; font-size: 0.9rem; }
article { margin: 1.5rem 0; padding-top: 0.5rem; border-top: 1px solid var(--edge); }
article h3 { margin: 0.5rem 0 0.25rem; font-size: 1.05rem; }
article h3 a { color: inherit; text-decoration: none; }
article h3 a:hover { text-decoration: underline; }
article p { margin: 0.5rem 0; }
article pre { margin: 0.75rem 0; }
article table { font-size: 0.9rem; }
article td:first-child { white-space: nowrap; width: 12rem; }
article td:nth-child(2) { width: 16rem; }
.route code { overflow-wrap: anywhere; }
.method { font-weight: 650; }
.responses { list-style: none; padding: 0; font-size: 0.9rem; }
.status { font-family: ui-monospace, monospace; font-size: 0.9rem; color: var(--soft); }
dl.problems dt { color: inherit; }
.problems { grid-template-columns: minmax(0, max-content) 1fr; gap: 0.75rem 1.25rem; }
:target { scroll-margin-top: 1rem; }
h3:target, dt:target { background: color-mix(in srgb, var(--link) 18%, transparent); }
@media (max-width: 40rem) {
  dl.problems dt { color: inherit; }
.problems { grid-template-columns: 1fr; gap: 0.25rem; }
  .problems dd { margin-bottom: 0.75rem; }
  article table, article tbody, article tr, article td { display: block; }
  article thead { display: none; }
  article tr { padding: 0.4rem 0; border-top: 1px solid var(--edge); }
  article td, article td:first-child, article td:nth-child(2) { width: auto; padding: 0; border: 0; white-space: normal; }
}
.error { color: var(--error); }
.warning { color: var(--warning); }
.source, .lines { white-space: pre; overflow-wrap: normal; overflow-x: auto; }
.source { counter-reset: line; }
.source code > span { display: block; min-height: 1.4em; }
.source code > span::before { counter-increment: line; content: counter(line); display: inline-block; width: 3.5ch; margin-right: 1.5ch; text-align: right; color: var(--soft); }
.source code > span:target { background: color-mix(in srgb, var(--link) 18%, transparent); }
.source .error, .source .warning { color: inherit; }
.source .error { box-shadow: inset 3px 0 var(--error); }
.source .warning { box-shadow: inset 3px 0 var(--warning); }
.source .finding { display: block; margin: 0.1rem 0 0.3rem 5ch; padding: 0.1rem 0.6rem; font-family: system-ui, sans-serif; white-space: normal; user-select: none; background: var(--paper); }
.included { margin: 0 0 0.3rem 5ch; }
.included > span { display: block; margin-top: 0.3rem; padding: 0.3rem 0.6rem; background: var(--paper); border-left: 3px solid var(--edge); }
.permits { list-style: none; padding: 0; }
.permits > li { padding: 0.5rem 0 0.5rem 0.9rem; border-left: 3px solid var(--edge); margin-bottom: 0.5rem; overflow-wrap: anywhere; }
.permits > .critical, .permits > .high { border-color: var(--error); }
.permits > .medium { border-color: var(--warning); }
.permits ul { padding-left: 1.1rem; }
.ways { list-style: none; padding: 0; }
.ways li { padding: 0.3rem 0 0.3rem 0.9rem; border-left: 3px solid var(--good); margin-bottom: 0.35rem; overflow-wrap: anywhere; }
.ways .open { border-color: var(--error); }
.ways .unknown { border-color: var(--warning); }
.state { display: inline-block; min-width: 4rem; font-size: 0.85rem; color: var(--good); }
.open > .state { color: var(--error); }
.unknown > .state { color: var(--warning); }
#verification { margin-top: 0.75rem; }
.steps { padding-left: 1.5rem; }
.steps li { padding-left: 0.3rem; margin-bottom: 0.6rem; overflow-wrap: anywhere; }
.steps .state { margin-left: 0.5rem; min-width: 0; }
.steps .failed > .state { color: var(--error); font-weight: 600; }
.steps .unchecked > .state { color: var(--soft); }
.steps .detail { display: block; color: var(--soft); font-size: 0.9rem; }
.severity { display: inline-block; min-width: 4.5rem; font-size: 0.85rem; color: var(--soft); }
.critical > .severity, .high > .severity { color: var(--error); }
.medium > .severity { color: var(--warning); }
.source .comment { color: var(--soft); }
form.attempt { flex-wrap: wrap; align-items: end; margin: 0.75rem 0; }
form.attempt label { display: grid; flex: 1 1 9rem; font-size: 0.9rem; color: var(--soft); }
form.attempt .wide { flex-grow: 4; }
form.attempt .check { display: flex; flex: none; gap: 0.4rem; align-items: center; height: 2.4rem; }
form.attempt .check input { width: auto; flex: none; }
form.attempt input, form.attempt select { height: 2.4rem; color: var(--ink); }
form.attempt button { height: 2.4rem; }
.tools { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; margin-top: 1rem; }
.tools label { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center; min-width: 0; }
.tools input, .tools select { flex: 0 1 auto; width: auto; max-width: 100%; }
button.line { padding: 0 0.3rem; border: 0; background: none; color: var(--link); text-decoration: underline; }
.deciding { overflow-wrap: anywhere; }
form.compare { flex-wrap: wrap; align-items: end; margin: 0.75rem 0; }
form.compare input { height: 2.4rem; color: var(--ink); }
form.compare button { height: 2.4rem; }
form.compare label { flex: 1 1 12rem; font-size: 0.9rem; color: var(--soft); }
.class h3 { margin: 1rem 0 0.25rem; font-size: 1rem; }
.class ul { list-style: none; margin: 0; padding: 0; }
.class li { padding: 0.3rem 0 0.3rem 0.9rem; border-left: 3px solid var(--edge); margin-bottom: 0.35rem; overflow-wrap: anywhere; }
.class .more, .class .either { border-color: var(--error); }
.class .less { border-color: var(--good); }
.effect { display: inline-block; min-width: 4.5rem; font-size: 0.85rem; color: var(--soft); }
.more > .effect, .either > .effect { color: var(--error); font-weight: 600; }
.less > .effect { color: var(--good); }
.rules { display: inline-block; margin-right: 0.5rem; }
.lines { padding: 0; }
.lines code { display: block; width: max-content; min-width: 100%; }
.lines code > * { display: block; min-height: 1.4em; padding: 0 1rem; text-decoration: none; }
.lines ins { background: color-mix(in srgb, var(--good) 18%, transparent); }
.lines del { background: color-mix(in srgb, var(--error) 18%, transparent); }
.lines .hunk { color: var(--soft); border-top: 1px solid var(--edge); padding: 0.2rem 1rem; }
.lines .hunk:first-child { border: 0; }
`;
