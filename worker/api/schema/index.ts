export { Diagnostic } from './diagnostic.ts';
export { LogKey, Proof } from './log.ts';
export { Problem, problemNamespace } from './problem.ts';
export {
  Channel,
  Profile,
  ProfilePage,
  ProfileSummary,
  Publication,
  Published,
  Version,
  VersionList,
  VersionSummary,
} from './profile.ts';
export { Identity, Key, Team, Token } from './team.ts';
