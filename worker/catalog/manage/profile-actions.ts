import { VersionList } from '../../../contract/profile.ts';
import { type Actions, entryOf, type Place } from './action.ts';
import { part } from './api.ts';

const profile = ({ team = '', name = '' }: Place) => `/profiles/${part(team)}/${part(name)}`;

/** What publishers may do with a profile. */
export const profileActions: Actions = {
  'move-channel': {
    title: 'Move a channel',
    about: 'Hosts that follow the channel then get this version. The log records it.',
    role: 'publisher',
    fields: [
      { name: 'channel', label: 'Channel', placeholder: 'stable' },
      { name: 'previous', label: 'From', kind: 'given', optional: true },
      { name: 'version', label: 'To version' },
    ],
    choices: async (api, c, place) => {
      const list = await api.read(c, `${profile(place)}/versions?limit=100`, VersionList);
      const kept = list?.items.filter(({ yankReason }) => yankReason === null);
      return kept ? { version: kept.map((one) => one.version) } : {};
    },
    call: (place, form) => ({
      method: 'PUT',
      path: `${profile(place)}/channels/${part(entryOf(form, 'channel'))}`,
      body: { version: entryOf(form, 'version'), previous: entryOf(form, 'previous') || null },
    }),
    done: 'The channel was moved.',
  },
  yank: {
    title: 'Yank a version',
    about:
      'Ranges, channels and “latest” no longer select it; hosts that ask for it by its number still get it. This can’t ' +
      'be undone, and the log records it.',
    role: 'publisher',
    fields: [
      { name: 'version', label: 'Version', kind: 'given' },
      { name: 'reason', label: 'Reason', placeholder: 'It lets nginx write its configuration' },
    ],
    call: (place, form) => ({
      method: 'POST',
      path: `${profile(place)}/versions/${part(entryOf(form, 'version'))}/yank`,
      body: { reason: entryOf(form, 'reason') },
    }),
    confirm: ({ team, name }, form) => `${team}/${name}@${entryOf(form, 'version')}`,
    done: 'The version was yanked.',
  },
  deprecate: {
    title: 'Deprecate the profile',
    about: 'It stays available; readers and hosts that pull it see the reason.',
    role: 'publisher',
    fields: [
      { name: 'reason', label: 'Reason', placeholder: 'No longer maintained' },
      {
        name: 'replacement',
        label: 'Use instead',
        optional: true,
        placeholder: 'team/name',
      },
    ],
    call: (place, form) => ({
      method: 'PUT',
      path: `${profile(place)}/deprecation`,
      body: { reason: entryOf(form, 'reason'), replacement: entryOf(form, 'replacement') || null },
    }),
    done: 'The profile is deprecated.',
  },
  undeprecate: {
    title: 'Remove the deprecation',
    role: 'publisher',
    fields: [],
    call: (place) => ({ method: 'DELETE', path: `${profile(place)}/deprecation` }),
    done: 'The profile is no longer deprecated.',
  },
};
