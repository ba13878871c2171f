import { modeCommand } from '../set-mode.ts';

export const complain = modeCommand(
  'complain',
  'Have installed profiles log what they would deny, and allow it',
  'Loads the profile in complain mode, now and, by a link in /etc/apparmor.d/force-complain, at every boot. The\n' +
    'file stays what its team has signed. Updates keep the mode; "enforce" ends it.',
);
