import { modeCommand } from '../set-mode.ts';

export const complain = modeCommand(
  'complain',
  'Put installed profiles into complain mode: log and allow what no rule allows',
  'Loads the profile in complain mode, now and at every boot (with a link in ' +
    '/etc/apparmor.d/force-complain). Accesses that no rule allows are then logged and allowed; ' +
    '"deny" rules still deny. The profile’s file does not change. "pull" and "sync" keep the ' +
    'mode, whatever profiles.toml says, until "enforce". "status" shows it.',
);
