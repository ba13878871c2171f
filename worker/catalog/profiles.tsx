import type { ProfileSummary } from '../../db/profiles.ts';
import { listAddress } from './list-query.ts';

/** A list of profiles. */
export function Profiles({ profiles }: { profiles: readonly ProfileSummary[] }) {
  return (
    <ul class="profiles">
      {profiles.map((profile) => (
        <Item profile={profile} />
      ))}
    </ul>
  );
}

function Item({ profile }: { profile: ProfileSummary }) {
  const { team, name, latest, publishedAt, description, images, grade, suppressed } = profile;
  const { visibility, deprecation } = profile;
  const tags: string[] = profile.tags === null ? [] : JSON.parse(profile.tags);
  return (
    <li>
      <a href={`/p/${team}/${name}`}>
        {team}/{name}
      </a>{' '}
      <span class="soft">
        {latest} · published <Day at={publishedAt} />
      </span>
      {grade !== null && (
        <>
          {' '}
          <a class={`grade ${grade}`} href="/explain/grades" title={`Lint grade ${grade}`}>
            {grade}
          </a>
          {suppressed ? <span class="soft"> {suppressed} suppressed</span> : null}
        </>
      )}
      {visibility === 'private' && <span class="badge">private</span>}
      {deprecation !== null && <span class="badge">deprecated</span>}
      <p>{description}</p>
      {images.length > 0 && (
        <p class="soft">
          For images:{' '}
          {images.map((image, at) => (
            <>
              {at > 0 && ', '}
              <a href={listAddress({ image })}>{image}</a>
            </>
          ))}
        </p>
      )}
      {tags.length > 0 && (
        <p class="tags">
          {tags.map((tag) => (
            <a class="tag" href={listAddress({ tag })}>
              {tag}
            </a>
          ))}
        </p>
      )}
    </li>
  );
}

/** A day, with the exact time for machines. */
export function Day(props: { at: string }) {
  return <time datetime={props.at}>{props.at.slice(0, 10)}</time>;
}
