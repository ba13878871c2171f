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
export { Quota, QuotaChange } from './quota.ts';
export { Resolution, Resolutions, Unresolved } from './resolve.ts';
export { Key, Member, MemberList, Role, Team, User, UserPage } from './team.ts';
export { CreatedToken, Identity, NewToken, Scope, Token, TokenPage } from './token.ts';
export {
  CreatedWebhook,
  Delivery,
  DeliveryPage,
  NewWebhook,
  Webhook,
  WebhookList,
} from './webhook.ts';
