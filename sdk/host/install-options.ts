import type { Installation } from './installation.ts';

/** Where to install: a system's root, and whether it is this machine's. */
export interface Target {
  /** `/` for this machine. For any other root only files are written, and no kernel is touched. */
  root: string;
}

export interface InstallOptions extends Target {
  /** Whether to load in complain mode; default as installed already, else false. */
  complain?: boolean | undefined;
  /** Whether `complain` is the operator's choice, which overrides profiles.toml; default as before. */
  complainChosen?: boolean | undefined;
  /** The reference it is installed for; default that of the current installation, else its version. */
  reference?: string | undefined;
  origin?: Installation['origin'];
  /** Whether profiles that something else has loaded may be replaced; by default not. */
  replace?: boolean | undefined;
  /** The version that this rollback leaves. */
  rolledBackFrom?: string | undefined;
  /** When it was verified, unless just now. */
  verifiedAt?: string | undefined;
  /** The versions of the packages that it needs, as they are then installed, by `team/name`. */
  needed?: Record<string, string> | undefined;
  now?: () => Date;
  /** Called after each step. */
  onStep?: (step: string) => void;
}
