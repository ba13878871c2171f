import type { SdkError } from '../error.ts';
import { type Place, unsafePlace } from './tree.ts';

/** The most that a policy folder may hold in all: a full /etc/apparmor.d has some 2000 names and 3 MiB. */
const most = { names: 20_000, bytes: 64 * 1024 * 1024 };

/** What may still be looked at of a policy folder; whatever takes more throws a {@link SdkError} that names it. */
export class PolicyBudget {
  readonly #folder: Place;
  #names = most.names;
  #bytes = most.bytes;

  constructor(folder: Place) {
    this.#folder = folder;
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

  #tooMuch(): SdkError {
    const limits = `${most.names} files and ${most.bytes >> 20} MiB`;
    return unsafePlace(this.#folder.path, `holds more than policy does: at most ${limits} in all`);
  }
}
