// AppArmor releases, as far as the policy language differs between them.

/** The releases of the AppArmor userspace, oldest first. Each stands for the newest point release of its series. */
export const releases = ['2.13', '3.0', '3.1', '4.0', '4.1', '5.0', '6.0'] as const;
export type Release = (typeof releases)[number];

/** The default release. */
export const newestRelease: Release = releases[releases.length - 1] as Release;

/** True when `text` names a release this module knows. */
export function isRelease(text: string): text is Release {
  return (releases as readonly string[]).includes(text);
}

/** Negative when `a` is older than `b`, 0 when they are the same. */
export function compareReleases(a: Release, b: Release): number {
  return releases.indexOf(a) - releases.indexOf(b);
}

/** What a release decides differently from others about a text that all of them can read. */
export interface Dialect {
  /** The abi that a file names is read. Otherwise the statement is ignored. */
  readsAbi: boolean;
  /** A file that is included twice into one place is read once, so that it may include itself. */
  includesOnce: boolean;
  /** A network rule may precede an `if` whose block has none; older parsers crash there. */
  networkBeforeIf: boolean;
  /** `defined $X` is whether X is set. 4.1 takes the value of X, and refuses one that is not set. */
  definedIsWhetherSet: boolean;
  /** The qualifier `deny` of a rule in a block with qualifiers is ignored. */
  ignoresDenyInBlocks: boolean;
  /** A path whose only wildcards are character classes counts as exact where exec transitions are compared. */
  classesAreExact: boolean;
  /** A # after the values of a variable or a boolean starts a comment. In older releases it starts one more value. */
  commentsAfterValues: boolean;
  /** A line may end before the value of a boolean. In older releases, before the operator instead. */
  booleanValueInNextLine: boolean;
  /** The value of a boolean may be whatever an `if` tests. In older releases it is true or false. */
  booleanExpressions: boolean;
  /** The character after a : that starts a word of a mount or pivot_root rule belongs to the word. */
  colonTakesNext: boolean;
}

/** What came with a release and stayed. */
export type Change = Exclude<keyof Dialect, 'definedIsWhetherSet'>;

/** The release that brought each of them. */
const dialect: Readonly<Record<Change, Release>> = {
  readsAbi: '3.0',
  includesOnce: '3.0',
  networkBeforeIf: '4.0',
  ignoresDenyInBlocks: '4.0',
  classesAreExact: '4.0',
  commentsAfterValues: '4.0',
  booleanValueInNextLine: '5.0',
  booleanExpressions: '5.0',
  colonTakesNext: '5.0',
};

/** The releases up to the last one that decides otherwise than later ones, for a message: `3.1 and older`. */
export function upTo(change: Change): string {
  return `${releases[releases.indexOf(dialect[change]) - 1]} and older`;
}

/** The release that brought what a field of {@link Dialect} says. */
export function changedIn(change: Change): Release {
  return dialect[change];
}

/** How a release decides. */
export function dialectOf(release: Release): Dialect {
  const has = (change: Change) => compareReleases(release, dialect[change]) >= 0;
  return {
    readsAbi: has('readsAbi'),
    includesOnce: has('includesOnce'),
    networkBeforeIf: has('networkBeforeIf'),
    ignoresDenyInBlocks: has('ignoresDenyInBlocks'),
    definedIsWhetherSet: release !== '4.1',
    classesAreExact: has('classesAreExact'),
    commentsAfterValues: has('commentsAfterValues'),
    booleanValueInNextLine: has('booleanValueInNextLine'),
    booleanExpressions: has('booleanExpressions'),
    colonTakesNext: has('colonTakesNext'),
  };
}
