import type { Reader } from '../ports.ts';
import { Layout } from './layout.tsx';

/** The page for a missing profile or version. */
export function MissingPage(props: { what: string; reader?: Reader | undefined }) {
  return (
    <Layout title="Not found · aa-registry" reader={props.reader}>
      <h1>Not found</h1>
      <p>This registry has no {props.what}.</p>
    </Layout>
  );
}
