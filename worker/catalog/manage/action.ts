import type { Context } from 'hono';
import type { Role } from '../../../db/schema.ts';
import type { Env } from '../../ports.ts';
import type { Form } from '../form.ts';
import type { ApiCalls, Call } from './api.ts';

/** What a page manages: a team, a profile, or the reader's own tokens without both. */
export interface Place {
  team?: string;
  name?: string;
  /** The user whose tokens they are; `null` for those of the registry or of the token’s team. */
  user?: string | null;
}

/** The values that a field can have, by the field's name. */
export type Choices = Readonly<Record<string, readonly string[]>>;

export interface Field {
  name: string;
  label: string;
  /** A line by default. What is `given` is named by the link to the form, and shown. */
  kind?: 'line' | 'area' | 'given' | 'day';
  /** The values to choose from, if they are always the same. */
  choices?: readonly string[];
  optional?: boolean;
  placeholder?: string;
  /** Explains the field in a sentence. */
  hint?: string;
}

/** A change that a page offers, as data: its form, and the API's request for it. */
export interface Action {
  /** What it does, as a heading and on the button. */
  title: string;
  /** What a reader should know before. */
  about?: string;
  /** The role that the API requires; without it, any token. */
  role?: Role;
  fields: readonly Field[];
  /** Reads the values to choose from. */
  choices?: (api: ApiCalls, c: Context<Env>, place: Place) => Promise<Choices>;
  call: (place: Place, form: Form) => Call;
  /** What the reader types to confirm what can't be undone. */
  confirm?: (place: Place, form: Form) => string;
  /** The member of the response with a secret, which is shown once. */
  secret?: 'token' | 'secret';
  /** What has happened, in a sentence. */
  done: string;
}

export type Actions = Readonly<Record<string, Action>>;

/** The value of a field; '' without one. */
export const entryOf = (form: Form, name: string): string => form.get(name)?.trim() ?? '';

/** The path of a place's page. */
export function pathOf({ team, name }: Place): string {
  if (team === undefined) return '/manage/tokens';
  return name === undefined ? `/manage/t/${team}` : `/manage/p/${team}/${name}`;
}

/** The address of an action's form, with the values that it is given. */
export function actionAddress(
  place: Place,
  id: string,
  given: Record<string, string> = {},
): string {
  const query = new URLSearchParams(given).toString();
  return `${pathOf(place)}/${id}${query === '' ? '' : `?${query}`}`;
}
