import type { Asked } from './question.ts';

/** The question in the fields of a form. */
export function askedIn(form: HTMLFormElement | undefined): Asked {
  const fields = new FormData(form);
  return {
    operation: String(fields.get('operation')),
    value: String(fields.get('value')),
    owner: fields.has('owner'),
  };
}
