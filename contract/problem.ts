import * as z from 'zod';
import { Diagnostic } from './diagnostic.ts';

/** An error, as RFC 9457 problem details. */
export const Problem = z
  .object({
    type: z.string().meta({ example: 'urn:aa-registry:problem:version-exists' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    diagnostics: z.array(Diagnostic).optional(),
    omitted: z.int().optional().meta({ description: 'How many more diagnostics there are' }),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457)' });
export type Problem = z.infer<typeof Problem>;

/** The prefix of every problem's `type`, before its id. */
export const problemNamespace = 'urn:aa-registry:problem:';
