import { modeCommand } from '../set-mode.ts';

export const enforce = modeCommand(
  'enforce',
  'Have installed profiles deny what they do not allow',
  'Takes back "complain" and "pull --complain": the profile is loaded as its team has published it, now and at ' +
    'every boot. What profiles.toml wants in complain mode, the next "sync" puts back.',
);
