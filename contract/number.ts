import * as z from 'zod';

/** A whole number in a path or a query: decimal digits only, unlike JavaScript's `Number` (`''`, `1e3`, `0x10`). */
export function wholeNumber(minimum = 0, maximum = Number.MAX_SAFE_INTEGER) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, message)
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum, message)
    .meta({ type: 'integer', minimum, maximum });
}

/** The maximum number of items on a page of a list. */
export const PageLimit = wholeNumber(1, 100).default(50).meta({
  description: 'The maximum number of items',
  type: 'integer',
  minimum: 1,
  maximum: 100,
  default: 50,
});
