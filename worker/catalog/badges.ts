import { type Context, Hono } from 'hono';
import { type Badge, findBadge } from '../../db/badge.ts';
import type { Grade } from '../../policy/index.ts';
import { shortened } from '../../policy/visible.ts';
import type { Env } from '../ports.ts';
import { escapeXml } from './xml.ts';

/** SVG badges of a public profile, for READMEs elsewhere: its latest version and its lint grade. */
export const badges = new Hono<Env>();

badges.get('/p/:team/:name/version.svg', (c) =>
  badge(c, 'apparmor', ({ latest }) => ({ text: latest, color: '#0b5cad' })),
);
badges.get('/p/:team/:name/grade.svg', (c) =>
  badge(c, 'lint grade', ({ grade }) => ({
    text: grade ?? 'none',
    color: grade === null ? unknownColor : colors[grade],
  })),
);

interface Value {
  text: string;
  /** Dark enough for white text. */
  color: string;
}

const unknownColor = '#5c6570';
const colors: Readonly<Record<Grade, string>> = {
  ...{ A: '#1a7431', B: '#1a7431', C: '#5c6570' },
  ...{ D: '#8a5a00', E: '#8a5a00', F: '#b3261e' },
};

async function badge(c: Context<Env>, label: string, toValue: (found: Badge) => Value) {
  const { team, name } = c.req.param() as { team: string; name: string };
  const found = await findBadge(c.var.deps.db, team, name);
  const value = found ? toValue(found) : { text: 'not found', color: unknownColor };
  return c.body(render(label, value), found ? 200 : 404, { 'Content-Type': 'image/svg+xml' });
}

/** The width of a character of the label, about that of most fonts, and the space beside a text, in pixels. */
const characterWidth = 6.6;
const padding = 7;

/** The maximum number of characters of a value. */
const maxLength = 40;

function render(label: string, { text, color }: Value): string {
  const shown = shortened(text, maxLength);
  const widthOf = (one: string) => Math.round(one.length * characterWidth);
  const [left, right] = [label, shown].map((one) => widthOf(one) + 2 * padding) as [number, number];
  const part = (one: string, x: number) =>
    `<text x="${x + padding}" y="14" textLength="${widthOf(one)}">${escapeXml(one)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img">
<title>${escapeXml(`${label}: ${shown}`)}</title>
<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#343a42"/><rect x="${left}" width="${right}" height="20" fill="${color}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${part(label, 0)}${part(shown, left)}</g>
</svg>
`;
}
