import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ChannelName, ProfileName, TeamName } from '../../contract/name.ts';
import { Channel, ChannelMove } from '../../contract/profile.ts';
import {
  findChannel,
  listChannels,
  maxChannels,
  moveChannel,
  type Channel as Row,
} from '../../db/channels.ts';
import { findProfile, type Profile } from '../../db/profiles.ts';
import { findVersion } from '../../db/versions.ts';
import { announce } from '../../db/webhooks.ts';
import { requireRole, viewer } from '../auth/identify.ts';
import { invalidates } from '../cache/invalidate.ts';
import { logEntryChannel, logEntryName } from '../log/entry-name.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import type { Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { changeQuotaProblem, countStatements } from '../quota.ts';
import { requireProfileMatch } from './profile.ts';

export const channels = createRouter();

channels.openapi(
  createRoute({
    method: 'put',
    path: '/profiles/{team}/{name}/channels/{channel}',
    operationId: 'moveChannel',
    tags: ['Profiles'],
    summary: 'Point a channel at a version',
    description:
      'The request contains the channel’s current version and fails if that has changed. ' +
      'Moving a channel to its current version changes nothing.',
    security: [{ token: [] }],
    middleware: [requireRole('publisher'), readBody, invalidates('references')] as const,
    request: {
      params: z.object({ team: TeamName, name: ProfileName, channel: ChannelName }),
      body: jsonBody(ChannelMove),
    },
    responses: {
      200: json('The channel', Channel),
      ...problemResponses(
        ...(['precondition-failed', 400, 401, 403, 'quota-exceeded', 404] as const),
        ...(['channel-moved', 413, 415] as const),
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db, log, now } = deps;
    const { team, name, channel } = c.req.valid('param');
    const { version, previous } = c.req.valid('json');
    const profile = await findProfile(db, viewer(c), team, name);
    if (!profile || !(await findVersion(db, viewer(c), team, name, version))) {
      throw new ProblemError('not-found', `Version ${version} of ${team}/${name} does not exist.`);
    }
    await requireProfileMatch(c, profile);
    const current = () => findChannel(db, profile.id, channel);
    const before = await current();
    // Probably a retry whose first response was lost.
    if (before?.version === version) return c.json(toChannel(before), 200);
    requirePrevious(before);
    const change = { team, logged: true };
    const full = async () =>
      (await changeQuotaProblem(deps, change)) ??
      (previous === null ? await channelLimitProblem(deps, profile) : undefined);
    const movedAt = now().toISOString();
    const logged = await logEntryName(team, name, profile);
    const loggedAs = await logEntryChannel(team, name, channel, profile);
    const appended = await log.append(
      { kind: 'channel', time: movedAt, team, name: logged, channel: loggedAs, version, previous },
      (logIndex) => [
        ...countStatements(deps, change),
        moveChannel(
          db,
          { profileId: profile.id, name: channel, version, movedAt, logIndex },
          previous,
        ),
        announce(db, team, {
          kind: 'channel.moved',
          time: movedAt,
          data: { team, name, channel, version, previous, logIndex },
        }),
      ],
      async () => ((await current())?.version ?? null) !== previous || (await full()) !== undefined,
    );
    if (!appended) {
      const after = await current();
      if (after?.version === version) return c.json(toChannel(after), 200);
      requirePrevious(after);
      const problem = await full();
      if (problem) throw problem;
      throw new Error(`the channel ${channel} of ${team}/${name} was not moved`);
    }
    return c.json({ name: channel, version, movedAt, logIndex: appended.index }, 200);

    function requirePrevious(now: Row | undefined): void {
      const named = now?.version ?? null;
      if (named === previous) return;
      throw new ProblemError(
        'channel-moved',
        named === null
          ? `Channel ${channel} does not exist; the request expected it at ${previous}.`
          : `Channel ${channel} is at ${named}, but the request expected ${previous ?? 'no such channel'}. Read it again before you move it.`,
      );
    }
  },
);

function toChannel({ name, version, movedAt, logIndex }: Row): Channel {
  return { name, version, movedAt, logIndex };
}

/** The problem if a profile has the maximum number of channels; `undefined` if it has fewer. */
async function channelLimitProblem(
  { db }: Deps,
  { id, team, name }: Profile,
): Promise<ProblemError | undefined> {
  if ((await listChannels(db, id)).length < maxChannels) return undefined;
  const detail = `${team}/${name} has ${maxChannels} channels, the maximum for a profile.`;
  return new ProblemError('quota-exceeded', detail);
}
