import type { Problem } from '../../../contract/index.ts';
import type { Reader } from '../../ports.ts';
import { Command } from '../command.tsx';
import type { Form } from '../form.ts';
import { FormToken, Layout } from '../layout.tsx';
import { type Action, type Choices, entryOf, type Field, type Place, pathOf } from './action.ts';

/** The field with what the reader typed to confirm, and that with the key of the API's `Idempotency-Key`. */
export const confirmField = 'confirm';
export const attemptField = 'attempt';

/** The name of a place, for people. */
export function titleOf({ team, name }: Place): string {
  if (team === undefined) return 'Your tokens';
  return name === undefined ? team : `${team}/${name}`;
}

/** The page with the form of an action; after a failure, with the problem and what the reader entered. */
export function FormPage(props: {
  place: Place;
  action: Action;
  form: Form;
  choices: Choices;
  reader: Reader;
  /** Why the last attempt failed. */
  failure?: Pick<Problem, 'title' | 'detail'> | undefined;
  /** A random key of this attempt. */
  attempt: string;
}) {
  const { place, action, form, reader, failure } = props;
  const confirm = action.confirm?.(place, form);
  return (
    <Layout title={`${action.title} · aa-registry`} reader={reader}>
      <p>
        <a href={pathOf(place)}>{titleOf(place)}</a>
      </p>
      <h1>{action.title}</h1>
      {action.about !== undefined && <p>{action.about}</p>}
      {failure && (
        <p class="notice" role="alert">
          <strong>{failure.title}.</strong> {failure.detail}
        </p>
      )}
      <form method="post" class="fields">
        <FormToken reader={reader} />
        <input type="hidden" name={attemptField} value={props.attempt} />
        {action.fields.map((field) => (
          <Entry
            field={field}
            value={entryOf(form, field.name)}
            choices={props.choices[field.name] ?? field.choices}
          />
        ))}
        {confirm !== undefined && (
          <div>
            <label for={confirmField}>To confirm, type {confirm}</label>
            <input
              id={confirmField}
              name={confirmField}
              required
              autocomplete="off"
              spellcheck={false}
            />
          </div>
        )}
        <button type="submit">{action.title}</button>
      </form>
    </Layout>
  );
}

function Entry(props: { field: Field; value: string; choices: readonly string[] | undefined }) {
  const { field, value, choices } = props;
  const { name, label, kind = 'line', optional = false, placeholder, hint } = field;
  if (kind === 'given') {
    return (
      <>
        <input type="hidden" name={name} value={value} />
        {value !== '' && (
          <p>
            {label}: <code>{value}</code>
          </p>
        )}
      </>
    );
  }
  const id = `field-${name}`;
  const entry = { id, name, required: !optional };
  return (
    <div>
      <label for={id}>
        {label}
        {optional && ' (optional)'}
      </label>
      {choices ? (
        <select {...entry}>
          {choices.map((one) => (
            <option value={one} selected={one === value}>
              {one}
            </option>
          ))}
        </select>
      ) : kind === 'area' ? (
        <textarea {...entry} rows={5} spellcheck={false}>
          {value}
        </textarea>
      ) : (
        <input
          {...entry}
          type={kind === 'day' ? 'date' : 'text'}
          value={value}
          placeholder={placeholder}
          autocomplete="off"
          maxlength={2000}
        />
      )}
      {hint !== undefined && <p class="soft">{hint}</p>}
    </div>
  );
}

/** The page that shows a new secret, once. */
export function SecretPage(props: {
  place: Place;
  action: Action;
  secret: string;
  reader: Reader;
}) {
  const { place, action, secret, reader } = props;
  return (
    <Layout title={`${action.title} · aa-registry`} reader={reader}>
      <h1>{action.title}</h1>
      <p role="status">{action.done} Copy it now: the registry does not show it again.</p>
      <Command text={secret} />
      <p>
        <a href={pathOf(place)}>Back to {titleOf(place)}</a>
      </p>
    </Layout>
  );
}
