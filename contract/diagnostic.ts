import * as z from 'zod';

/** A diagnostic about a profile. Lines and columns count from 1. */
export const Diagnostic = z
  .object({
    id: z.string(),
    severity: z.enum(['error', 'warning', 'info']),
    message: z.string(),
    line: z.int(),
    column: z.int(),
    endLine: z.int(),
    endColumn: z.int(),
    expected: z.string().optional(),
    suggestion: z.string().optional(),
    variant: z.string().optional().meta({
      description:
        'The oldest release of the variant that it is about, unless that is the first one',
    }),
  })
  .meta({ id: 'Diagnostic', description: 'A diagnostic about a profile' });
export type Diagnostic = z.infer<typeof Diagnostic>;
