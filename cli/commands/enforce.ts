import { modeCommand } from '../set-mode.ts';

export const enforce = modeCommand(
  'enforce',
  'Put installed profiles back into enforce mode',
  'Ends the complain mode of "complain" and "pull --complain": the profile is loaded as ' +
    'published, now and at every boot. If profiles.toml asks for complain mode, the next "sync" ' +
    'turns it on again.',
);
