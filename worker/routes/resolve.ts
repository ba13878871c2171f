import { createRoute } from '@hono/zod-openapi';
import {
  maxReferences,
  type Resolution,
  Resolutions,
  ResolveQuery,
  type Unresolved,
} from '../../contract/resolve.ts';
import { type Resolution as Row, resolveReferences } from '../../db/resolve.ts';
import {
  formatReference,
  latestChannel,
  parseReference,
  type Reference,
} from '../../trust/index.ts';
import { viewer } from '../auth/identify.ts';
import { createRouter, json, problemResponses } from '../openapi/router.ts';
import { ProblemError, toProblem } from '../problem.ts';

export const resolve = createRouter();

/** The Cache-Control max-age of a resolution, in seconds. */
const maxAge = 10;

resolve.openapi(
  createRoute({
    method: 'get',
    path: '/resolve',
    operationId: 'resolveReferences',
    tags: ['Profiles'],
    summary: 'Resolve references to versions',
    description:
      'Designed for frequent polling by a fleet of hosts, each sending all its references in one request with the ' +
      'ETag of the last response. Among several references, one that can’t be resolved has a problem in its place; ' +
      'a single one results in that problem.',
    request: { query: ResolveQuery },
    responses: {
      200: json('The versions, in the order of the references', Resolutions),
      304: { description: 'Not modified' },
      ...problemResponses(400, 404, 'channel-unknown', 'range-unsatisfied'),
    },
  }),
  async (c) => {
    const { ref } = c.req.valid('query');
    const texts = typeof ref === 'string' ? [ref] : ref;
    if (texts.length > maxReferences) {
      const detail = `ref: at most ${maxReferences} are allowed, not ${texts.length}.`;
      throw new ProblemError('request-invalid', detail);
    }
    const references = texts.map(requireReference);
    const { db } = c.var.deps;
    const found = await resolveReferences(db, viewer(c), references);
    const items = references.map((reference, at) =>
      resolution(texts[at] ?? '', reference, found[at]),
    );
    const [only] = items;
    if (items.length === 1 && only instanceof ProblemError) throw only;
    c.header('Cache-Control', `public, max-age=${maxAge}`);
    const entries = items.map((item, at): Resolution | Unresolved =>
      item instanceof ProblemError ? { ref: texts[at] ?? '', problem: toProblem(item) } : item,
    );
    return c.json({ items: entries }, 200);
  },
);

function requireReference(text: string): Reference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new ProblemError('request-invalid', `ref: ${parsed.reason}.`);
  return parsed.reference;
}

function resolution(
  ref: string,
  reference: Reference,
  row: Row | undefined,
): Resolution | ProblemError {
  const { team, name } = reference;
  if (!row) return new ProblemError('not-found', `Profile ${team}/${name} does not exist.`);
  const { version, digest, channel, yankReason, deprecation, replacement, movedTo, revokedKeys } =
    row;
  if (version === null || digest === null) return unresolved(reference, row);
  const { variants } = row;
  const found = {
    ref,
    team,
    name,
    version,
    digest,
    ...(variants && { variants }),
    channel,
    yankReason,
  };
  return { ...found, deprecation, replacement, movedTo, revokedKeys };
}

/** Why no version of a profile matches a reference. */
function unresolved(reference: Reference, { channels, latest }: Row): ProblemError {
  const { team, name, selector } = reference;
  if (selector.kind === 'channel') {
    const list = [...channels, latestChannel].join(', ');
    const detail = `${team}/${name} has no channel "${selector.channel}". Its channels: ${list}.`;
    return new ProblemError('channel-unknown', detail);
  }
  if (selector.kind === 'range') {
    const detail = `No available version of ${team}/${name} matches ${selector.range}. The latest is ${latest}.`;
    return new ProblemError('range-unsatisfied', detail);
  }
  return new ProblemError('not-found', `${formatReference(reference)} does not exist.`);
}
