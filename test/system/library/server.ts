/** A server of a package in profiles/, and what is done with it in a guest. All commands are run by a shell there, unconfined. */
export interface Server {
  /** The name of the package and of its profile. */
  name: string;
  /** The Debian package that has it, or nothing for Node.js, which every guest has. */
  debian?: string;
  /** Prepares configuration and data. */
  setup?: string;
  /** The program with its arguments, if it is not the entry point of the manifest. */
  command?: string[];
  /** Succeeds when the server serves. */
  ready: string;
  /** What it does in operation, by what a step shows. `$server` is its process. */
  workload: Record<string, string>;
  /** The same after it was stopped and started again. */
  afterRestart?: Record<string, string>;
  /** What clients attempt by means of the server. Each must fail, and the kernel must log a refusal. */
  attacks?: Record<string, string>;
  /** The signal that stops it; by default TERM. */
  stop?: string;
  /** Its exit code then; by default 0. */
  exitCode?: number;
  /** The general attacks that its purpose permits. */
  permits?: RegExp;
}
