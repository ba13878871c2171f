// What the routes of a team's resources share.
import * as z from 'zod';
import { TeamName } from '../../contract/name.ts';
import { requireRole } from '../auth/identify.ts';

/** The parameters of their paths. */
export const teamPath = z.object({ team: TeamName });

/** The middleware that requires an owner of the team. */
export const owner = requireRole('owner');

/** They require an API token. */
export const security = [{ token: [] }];
