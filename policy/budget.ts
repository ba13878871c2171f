// What the analysis of one file may cost. The author of the file may be hostile, so all work that can grow faster
// than the text is paid for out of one budget, and what a budget does not cover is reported, never guessed.

/**
 * Work, in steps: a step is about as much as looking at one character or at one pair of states of two automata,
 * some ten nanoseconds. Files of real systems take a few thousand to a few hundred thousand.
 */
export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Spends the cost of the next work; false, now and later, if the rest is too small. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  /** Whether more was spent than there was: some work was not done. */
  get exhausted(): boolean {
    return this.#left < 0;
  }

  /** Ends all further work, when something other than steps has run out. */
  exhaust(): void {
    this.#left = Math.min(this.#left, -1);
  }
}

/** The budget of `check` for one file, with all that it includes. */
export const checkSteps = 1_000_000;

/** The budget of the lint rules together, for one file. */
export const lintSteps = 1_000_000;

/** What the models of all profiles that the lint rules ask may cost together, for one file. */
export const lintModelSteps = 1_000_000;

/**
 * How often both may be spent where included files were read. The registry, which lints what strangers send, reads none;
 * some profiles with their abstractions need seven times as much.
 */
export const lintFactorWithIncludes = 12;

/** The fixed cost of each profile, hat or child. */
export const profileSteps = 1000;

/** How many characters the variables of one file may expand to altogether; files of real systems take up to 500,000. */
export const expandedCharacters = 2_000_000;
