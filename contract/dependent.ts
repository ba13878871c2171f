import * as z from 'zod';
import { ProfileName, TeamName, VersionNumber } from './name.ts';

export const Dependent = z
  .object({
    team: TeamName,
    name: ProfileName,
    version: VersionNumber.meta({ description: 'Its latest version' }),
    range: z.string().meta({ description: 'The versions that it accepts', example: '^1.2' }),
  })
  .meta({ id: 'Dependent', description: 'A package that depends on another one' });
export type Dependent = z.infer<typeof Dependent>;

export const DependentPage = z
  .object({
    items: z.array(Dependent),
    next: z.string().nullable().meta({ description: 'The cursor of the next page' }),
  })
  .meta({ id: 'DependentPage' });
