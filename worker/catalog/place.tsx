import type { Summarized } from '../../contract/index.ts';

type Rule = Summarized['ways'][number]['rules'][number];

/** Where a rule is: a link to a line of the source, or the name of an included file. */
function Place({ rule: { file, line, text } }: { rule: Rule }) {
  return file === null ? (
    <a href={`#L${line}`} title={text}>
      line {line}
    </a>
  ) : (
    <span class="soft" title={text}>
      {file.replace(/^base:/, '')}:{line}
    </span>
  );
}

/** Where rules are, behind what they decide. */
export function Places({ rules }: { rules: readonly Rule[] }) {
  return (
    <>
      {rules.map((rule) => (
        <>
          {' '}
          <Place rule={rule} />
        </>
      ))}
    </>
  );
}
