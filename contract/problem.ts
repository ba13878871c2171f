import * as z from 'zod';
import { BaseRelease } from './base.ts';
import { Diagnostic } from './diagnostic.ts';
import { DigestText, VersionNumber } from './name.ts';

/** What a version may permit beyond the one that it follows. */
export const Widening = z
  .object({
    version: VersionNumber.meta({ description: 'The version that it follows' }),
    target: BaseRelease,
    base: DigestText.nullable().meta({
      description:
        'The base policy of that release; null if none was used, so that includes count as empty',
    }),
    differences: z.array(z.string()).meta({
      description: 'What it permits beyond, and what is not known, as the command diff shows it',
      example: ['capability: + sys_admin'],
    }),
    omitted: z.int().meta({ description: 'How many more differences there are' }),
  })
  .meta({ id: 'Widening' });
export type Widening = z.infer<typeof Widening>;

/** An error, as RFC 9457 problem details. */
export const Problem = z
  .object({
    type: z.string().meta({ example: 'urn:aa-registry:problem:version-exists' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    diagnostics: z.array(Diagnostic).optional(),
    omitted: z.int().optional().meta({ description: 'How many more diagnostics there are' }),
    widening: Widening.optional(),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457)' });
export type Problem = z.infer<typeof Problem>;

/** The prefix of every problem's `type`, before its id. */
export const problemNamespace = 'urn:aa-registry:problem:';
