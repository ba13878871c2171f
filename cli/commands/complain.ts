import { modeCommand } from '../set-mode.ts';

export const complain = modeCommand(
  'complain',
  'Have installed profiles allow what no rule does, and log it',
  'Loads the profile in complain mode, now and, by a link in /etc/apparmor.d/force-complain, at every boot. What ' +
    'no rule allows is then logged and allowed; what a "deny" rule denies stays denied. The file stays what its team ' +
    'has signed. Updates keep the mode, and so does "sync", whatever profiles.toml says; "enforce" ends it. "status" shows it.',
);
