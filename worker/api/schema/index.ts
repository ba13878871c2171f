export { Diagnostic } from './diagnostic.ts';
export { Problem, problemNamespace } from './problem.ts';
export {
  Profile,
  ProfilePage,
  ProfileSummary,
  Publication,
  Version,
  VersionList,
  VersionSummary,
} from './profile.ts';
export { Identity, Key, Team, Token } from './team.ts';
