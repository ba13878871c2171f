import { SdkError } from '../error.ts';
import type { Place } from './tree.ts';

/** The maximum for a whole policy folder: a full /etc/apparmor.d has some 2000 names and 3 MiB. */
const maxPolicy = { names: 20_000, bytes: 64 * 1024 * 1024 };

/** A policy folder exceeds the budget. */
export class BudgetError extends SdkError {
  constructor(folder: Place) {
    const limits = `${maxPolicy.names} files and ${maxPolicy.bytes >> 20} MiB`;
    const what = `is too large for a policy folder: the limit is ${limits}`;
    super('unsafe-place', `${folder.path} ${what}`, { next: 'Check its contents.' });
  }
}

/** The remaining budget for reading a policy folder; exceeding it throws a {@link BudgetError} with its path. */
export class PolicyBudget {
  readonly #folder: Place;
  #names = maxPolicy.names;
  #bytes = maxPolicy.bytes;

  constructor(folder: Place) {
    this.#folder = folder;
  }

  /** Counts entries of a folder: files, folders, links. */
  takeNames(count: number): void {
    this.#names -= count;
    if (this.#names < 0) throw this.#tooMuch();
  }

  /** Counts the bytes of a file. */
  takeBytes(count: number): void {
    this.#bytes -= count;
    if (this.#bytes < 0) throw this.#tooMuch();
  }

  #tooMuch(): BudgetError {
    return new BudgetError(this.#folder);
  }
}
