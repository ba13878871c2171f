import { SdkError } from '../error.ts';
import type { Place } from './tree.ts';

/** The most that a policy folder may hold in all: a full /etc/apparmor.d has some 2000 names and 3 MiB. */
const most = { names: 20_000, bytes: 64 * 1024 * 1024 };

/** A policy folder holds more than is looked at. */
export class BudgetError extends SdkError {
  constructor(folder: Place) {
    const limits = `${most.names} files and ${most.bytes >> 20} MiB`;
    const what = `holds more than policy does: at most ${limits} in all`;
    super('unsafe-place', `${folder.path} ${what}`, { next: 'Look at how that came about.' });
  }
}

/** What may still be looked at of a policy folder; whatever takes more throws a {@link BudgetError} that names it. */
export class PolicyBudget {
  readonly #folder: Place;
  #names: number;
  #bytes: number;

  /** For so many looks at all of it. */
  constructor(folder: Place, looks = 1) {
    this.#folder = folder;
    this.#names = most.names * looks;
    this.#bytes = most.bytes * looks;
  }

  /** Counts what a folder holds: files, folders, links. */
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
